package flush

import (
	"cmp"
	"slices"
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// The life of a bucket: opened by its first content, handed out when it is due
// or a Flush asks, handed out again when a late point came, and given up a late
// window after its end and its last hand-out, but not while a batch with points of
// it is on its way to a backend that overwrites. All of it is under Flusher.mu.

// open returns the bucket that starts at start, made if need be. At the bound on
// buckets the oldest is handed out early and given up; no point is lost by that.
// The bucket of the time now stays, for more is to come.
func (f *Flusher) open(start int64) *bucket {
	s := &f.buckets
	b := s.all[start]
	if b == nil {
		if len(s.all) >= f.cfg.MaxBuckets {
			if oldest := s.earliest(f.into); oldest != nil {
				if !oldest.fresh.Empty() {
					f.handOutBuckets([]*bucket{oldest})
				}
				f.remove(oldest)
			}
		}
		b = s.make(start)
		b.reopened = f.memory.knows(start)
	}
	s.last = b
	return b
}

// handOut hands out the buckets that are closed at cut, in Unix seconds.
func (f *Flusher) handOut(cut int64) {
	f.handOutWhere(func(b *bucket) bool { return f.end(b.start) <= cut })
}

// handOutAll hands out every bucket.
func (f *Flusher) handOutAll() { f.handOutWhere(func(*bucket) bool { return true }) }

func (f *Flusher) handOutWhere(want func(*bucket) bool) {
	f.settleRates()
	var due []*bucket
	for _, start := range f.buckets.starts(func(b *bucket) bool { return !b.fresh.Empty() && want(b) }) {
		due = append(due, f.buckets.all[start])
	}
	f.handOutBuckets(due)
	for _, v := range f.views {
		v.settleOwed(f)
		v.finish()
	}
}

// handOutBuckets gives what is new in some buckets, given in order of time, to each
// view.
func (f *Flusher) handOutBuckets(due []*bucket) {
	for _, v := range f.views {
		list := due
		if v.shape.profile == ProfileThreadStats && len(due) > 1 {
			list = slices.Clone(due)
			slices.SortFunc(list, func(a, b *bucket) int { return cmp.Compare(a.number, b.number) })
		}
		for _, b := range list {
			v.add(f, b)
		}
	}
	for _, b := range due {
		f.handedOut(b)
	}
}

// handedOut is the end of b's hand-out.
func (f *Flusher) handedOut(b *bucket) {
	if n := b.absorb(&f.buckets, f.wantsWhole); n > 0 {
		f.cfg.Refused(transport.ReasonSetFull, uint64(n))
	}
	b.sent.Forget(f.unread.counters, f.unread.summaries)
	b.handedOut = f.now
}

// wantsWhole reports whether a late part of a series has to be seen together
// with what was sent: on backends that overwrite, and for gauges and sets on all,
// where a late part may hold nothing new.
func (f *Flusher) wantsWhole(id shard.ID) bool {
	kind := f.cfg.Catalog.Series(id).Kind
	return lastWins(kind) || kind == transport.KindSet || f.overwritten[kind]
}

// giveUp lets go of the buckets that no late point is waited for.
func (f *Flusher) giveUp() {
	for _, start := range f.buckets.starts(f.passed) {
		f.remove(f.buckets.all[start])
	}
	if f.cfg.MaxPast > 0 {
		f.memory.forgetBefore(f.now.Add(-f.cfg.MaxPast-f.cfg.Rollup).Unix(), func(start int64) bool {
			return f.buckets.all[start] != nil // what it holds is still to be handed out
		})
	}
}

func (f *Flusher) passed(b *bucket) bool {
	if !b.fresh.Empty() || b.start == f.into || f.holds.has(b.start) {
		return false
	}
	end := f.end(b.start)
	if b.sent != nil {
		end = max(end, b.handedOut.Unix())
	}
	return end <= f.now.Unix()-int64(f.cfg.LateWindow/time.Second)
}

// remove gives b up and remembers what was sent in it that a part must not
// replace.
func (f *Flusher) remove(b *bucket) {
	if b.sent != nil && f.overwrites {
		maker := f.memory.begin()
		b.sent.Each(func(row, slot int) {
			s := f.cfg.Catalog.Series(shard.MakeID(row, slot))
			for _, v := range f.views {
				if v.overwritten(s.Kind) && v.keeps(s) {
					maker.add(v.identity(s))
				}
			}
		})
		f.memory.remember(b.start, maker)
	}
	for _, v := range f.views {
		v.revisions.forget(b.start)
	}
	f.buckets.remove(b)
}

// lost reports whether new content of an identity has come too late for a backend
// that overwrites: its bucket was sent and given up, so that the content is a
// part whose whole nobody has any more. What the reopened bucket itself has sent
// of it is a part, too.
func (f *Flusher) lost(b *bucket, key uint64) bool {
	return b.reopened && f.memory.sent(b.start, key)
}
