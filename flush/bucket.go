package flush

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
)

// bucket is one roll-up interval. What arrives goes into fresh. A hand-out gives
// fresh to backends that add up, and the whole, sent and fresh together, of the
// series touched since to those that overwrite; then sent takes fresh in.
type bucket struct {
	start  int64  // Unix seconds
	number uint64 // in the order of making
	fresh  *rollup.Bucket
	// sent is nil before the first hand-out. Of a kind that no transport wants the
	// whole of it only knows which series were sent.
	sent *rollup.Bucket
	// repeats counts the hand-outs of a series after its first.
	repeats map[shard.ID]uint32
	// reopened: an earlier bucket of this start was given up, so some series may
	// have been sent already; Flusher.memory knows which.
	reopened bool
	// leads says of gauges that are one on the wire which of them is sent.
	leads     map[*wireGroup]shard.ID
	handedOut time.Time // the last time
}

// hasSent reports whether a series was handed out in this bucket.
func (b *bucket) hasSent(id shard.ID) bool {
	return b.sent != nil && b.sent.Has(id.Row(), id.Slot())
}

// has reports whether a series has content in this bucket, handed out or new.
func (b *bucket) has(id shard.ID) bool {
	return b.fresh.Has(id.Row(), id.Slot()) || b.hasSent(id)
}

// handOuts returns how often a series was handed out in this bucket.
func (b *bucket) handOuts(id shard.ID) uint32 {
	if !b.hasSent(id) {
		return 0
	}
	return 1 + b.repeats[id]
}

// absorb is the end of a hand-out: sent takes fresh in. It returns how many
// members of sets found no room.
func (b *bucket) absorb(s *bucketSet, whole func(shard.ID) bool) (leftOut int) {
	if b.sent == nil {
		b.sent, b.fresh = b.fresh, s.empty()
		return 0
	}
	b.fresh.Each(func(row, slot int) {
		id := shard.MakeID(row, slot)
		again := b.hasSent(id)
		if again {
			if b.repeats == nil {
				b.repeats = map[shard.ID]uint32{}
			}
			b.repeats[id]++
		}
		if !again || whole(id) {
			leftOut += b.sent.Merge(b.fresh, row, slot)
		}
	})
	b.fresh.Reset()
	return leftOut
}

// bucketSet is the open and kept buckets, and the memory of those given up.
type bucketSet struct {
	limits rollup.Limits
	memory *rollup.Memory    // of all of them
	all    map[int64]*bucket // by start
	last   *bucket           // the one that was asked for last
	newest uint64            // number of the newest
	free   []*rollup.Bucket  // empty, and without memory for series
	whole  *rollup.Bucket    // scratch: a series' sent and fresh content together
}

func newBucketSet(limits rollup.Limits, rng *rand.Rand) bucketSet {
	memory := rollup.NewMemory(limits, rng)
	return bucketSet{limits: limits, memory: memory, all: map[int64]*bucket{}, whole: memory.Bucket()}
}

// make adds the bucket that starts at start.
func (s *bucketSet) make(start int64) *bucket {
	s.newest++
	b := &bucket{start: start, number: s.newest, fresh: s.empty()}
	s.all[start] = b
	return b
}

// remove takes b out and keeps its memory.
func (s *bucketSet) remove(b *bucket) {
	delete(s.all, b.start)
	if s.last == b {
		s.last = nil
	}
	s.putFree(b.fresh)
	s.putFree(b.sent)
}

// nothingNew reports whether there is nothing to hand out.
func (s *bucketSet) nothingNew() bool {
	for _, b := range s.all {
		if !b.fresh.Empty() {
			return false
		}
	}
	return true
}

// oldest returns the lowest number of a bucket that is kept, newest+1 if none is.
func (s *bucketSet) oldest() uint64 {
	low := s.newest + 1
	for _, b := range s.all {
		low = min(low, b.number)
	}
	return low
}

// earliest returns the bucket that starts first, but for the one at except; nil
// if there is no other.
func (s *bucketSet) earliest(except int64) *bucket {
	var first *bucket
	for start, b := range s.all {
		if start != except && (first == nil || start < first.start) {
			first = b
		}
	}
	return first
}

// starts returns the starts of the buckets that pass keep, in order of time.
func (s *bucketSet) starts(keep func(*bucket) bool) []int64 {
	var starts []int64
	for start, b := range s.all {
		if keep(b) {
			starts = append(starts, start)
		}
	}
	slices.Sort(starts)
	return starts
}

func (s *bucketSet) empty() *rollup.Bucket {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	return s.memory.Bucket()
}

// maxFree bounds the emptied buckets kept for reuse: back-fill may have used
// hundreds. The rows that they held are the memory's, which has a bound of its own.
const maxFree = 4

func (s *bucketSet) putFree(b *rollup.Bucket) {
	if b == nil {
		return
	}
	b.Reset()
	if len(s.free) < maxFree {
		s.free = append(s.free, b)
	}
}

// end returns when a bucket that starts at start is over, in Unix seconds.
func (f *Flusher) end(start int64) int64 {
	if start > math.MaxInt64-f.rollup {
		return math.MaxInt64
	}
	return start + f.rollup
}
