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
	sent   *rollup.Bucket // nil before the first hand-out
	// revisions counts the hand-outs of a series after its first.
	revisions map[shard.ID]uint32
	// reopened: an earlier bucket of this start was given up, so some series may
	// have been sent already; the memory knows which.
	reopened  bool
	handedOut time.Time // the last time
}

// bucketSet is the open and kept buckets.
type bucketSet struct {
	limits rollup.Limits
	rng    *rand.Rand
	all    map[int64]*bucket // by start
	last   *bucket           // the one that was asked for last
	newest uint64            // number of the newest
	free   []*rollup.Bucket
	whole  *rollup.Bucket // scratch: a series' sent and fresh content together
}

func newBucketSet(limits rollup.Limits, rng *rand.Rand) bucketSet {
	return bucketSet{
		limits: limits, rng: rng, all: map[int64]*bucket{},
		whole: rollup.NewBucket(limits, rng),
	}
}

// oldest returns the lowest number of a bucket that is kept, newest+1 if none is.
func (s *bucketSet) oldest() uint64 {
	low := s.newest + 1
	for _, b := range s.all {
		low = min(low, b.number)
	}
	return low
}

func (s *bucketSet) empty() *rollup.Bucket {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	return rollup.NewBucket(s.limits, s.rng)
}

// maxFree bounds the emptied buckets kept for reuse: back-fill may have used
// hundreds.
const maxFree = 4

func (s *bucketSet) putFree(b *rollup.Bucket) {
	if b == nil || len(s.free) >= maxFree {
		return
	}
	b.Reset()
	s.free = append(s.free, b)
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

// open returns the bucket that starts at start, made if need be. At the bound on
// buckets the oldest is handed out early and given up; no point is lost by that.
// Under f.mu.
func (f *Flusher) open(start int64) *bucket {
	s := &f.buckets
	b := s.all[start]
	if b == nil {
		if len(s.all) >= f.cfg.MaxBuckets {
			oldest := s.starts(func(*bucket) bool { return true })[0]
			f.handOutBucket(s.all[oldest])
			f.remove(s.all[oldest])
		}
		s.newest++
		b = &bucket{start: start, number: s.newest, fresh: s.empty(), reopened: f.memory.knows(start)}
		s.all[start] = b
	}
	s.last = b
	return b
}

// due reports whether the bucket is closed at cut, in Unix seconds.
func (f *Flusher) due(b *bucket, cut int64) bool {
	return b.start <= math.MaxInt64-f.rollup && b.start+f.rollup <= cut
}

// handOut hands out the buckets that are closed at cut. Under f.mu.
func (f *Flusher) handOut(cut int64) {
	f.handOutWhere(func(b *bucket) bool { return f.due(b, cut) })
}

// handOutAll hands out every bucket.
func (f *Flusher) handOutAll() { f.handOutWhere(func(*bucket) bool { return true }) }

func (f *Flusher) handOutWhere(want func(*bucket) bool) {
	for _, start := range f.buckets.starts(func(b *bucket) bool { return !b.fresh.Empty() && want(b) }) {
		f.handOutBucket(f.buckets.all[start])
	}
	for _, v := range f.views {
		v.finish()
	}
}

// handOutBucket gives what is new in b to each view.
func (f *Flusher) handOutBucket(b *bucket) {
	if b.fresh.Empty() {
		return
	}
	for _, v := range f.views {
		v.add(f, b)
	}
	if b.sent == nil {
		b.sent, b.fresh = b.fresh, f.buckets.empty()
	} else {
		b.fresh.Each(func(row, slot int) {
			if b.sent.Has(row, slot) {
				if b.revisions == nil {
					b.revisions = map[shard.ID]uint32{}
				}
				b.revisions[shard.MakeID(row, slot)]++
			}
			b.sent.Merge(b.fresh, row, slot)
		})
		b.fresh.Reset()
	}
	b.handedOut = f.now
}

// giveUp lets go of the buckets that no late point is waited for: a late window
// past their end and their last hand-out.
func (f *Flusher) giveUp() {
	for _, start := range f.buckets.starts(func(b *bucket) bool { return f.passed(b) }) {
		f.remove(f.buckets.all[start])
	}
	f.memory.forgetBefore(f.now.Add(-f.cfg.MaxPast-f.cfg.Rollup).Unix(), f.cfg.MaxPast > 0)
}

func (f *Flusher) passed(b *bucket) bool {
	if !b.fresh.Empty() || b.start == f.into {
		return false
	}
	window := int64(f.cfg.LateWindow / time.Second)
	end := b.start + f.rollup
	if b.sent != nil {
		end = max(end, b.handedOut.Unix())
	}
	return end+window <= f.now.Unix()
}

// remove gives b up and remembers what was sent in it.
func (f *Flusher) remove(b *bucket) {
	if b.sent != nil {
		var keys []uint64
		b.sent.Each(func(row, slot int) {
			keys = append(keys, f.cfg.Catalog.Series(shard.MakeID(row, slot)).Key)
		})
		f.memory.remember(b.start, keys)
	}
	for _, v := range f.views {
		v.revisions.forget(b.start)
	}
	delete(f.buckets.all, b.start)
	if f.buckets.last == b {
		f.buckets.last = nil
	}
	f.buckets.putFree(b.fresh)
	f.buckets.putFree(b.sent)
}
