package rollup

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// RowSlots is how many series one row of cells has at most.
const RowSlots = 64

// Limits bound what a bucket keeps of one series.
type Limits struct {
	Reservoir    int // samples of a histogram
	Distribution int // values of a distribution
	// Bins: a distribution of more values goes on as a sketch of half as many bins,
	// instead of being full.
	Bins    bool
	Members int // members of a set
}

// Bucket is the merged content of one roll-up interval. The zero value is not
// usable; make one with [NewBucket].
type Bucket struct {
	limits Limits
	rng    *rand.Rand
	rows   []*row // by number; nil until touched for the first time
	used   []int  // the touched rows, in the order of first touch
	order  []cell // the touched slots, likewise

	scratch []Sample // of Summary.thin
}

type cell struct {
	row  int32
	slot int32
}

// row is the content of up to RowSlots series of one class. Only the array of
// that class exists.
type row struct {
	touched   uint64
	counts    *[RowSlots]count
	gauges    *[RowSlots]gauge
	sets      *[RowSlots]set
	summaries *[RowSlots]*Summary
}

type count struct {
	n int64
	f float64
}

type gauge struct {
	value float64
	seq   uint64 // of a timed write; untimedSeq of one without a timestamp, which wins
}

const untimedSeq = math.MaxUint64

// NewBucket returns an empty bucket. It draws from rng, which stays the
// caller's: give the same to all buckets of one goroutine.
func NewBucket(limits Limits, rng *rand.Rand) *Bucket {
	return &Bucket{limits: limits, rng: rng}
}

// touch returns the row, marked at slot, and whether the slot was empty.
func (b *Bucket) touch(number, slot int) (r *row, first bool) {
	for number >= len(b.rows) {
		b.rows = append(b.rows, nil)
	}
	r = b.rows[number]
	if r == nil {
		r = new(row)
		b.rows[number] = r
	}
	if r.touched == 0 {
		b.used = append(b.used, number)
	}
	bit := uint64(1) << slot
	first = r.touched&bit == 0
	r.touched |= bit
	if first {
		b.order = append(b.order, cell{int32(number), int32(slot)})
	}
	return r, first
}

// AddCount adds to a counter.
func (b *Bucket) AddCount(number, slot int, n int64, f float64) {
	r, first := b.touch(number, slot)
	if r.counts == nil {
		r.counts = new([RowSlots]count)
	}
	c := &r.counts[slot]
	if first {
		*c = count{n, f}
		return
	}
	c.n = addSaturating(c.n, n)
	c.f += f
}

// SetGauge makes v the last value of a gauge. It replaces a timed one, now and
// later.
func (b *Bucket) SetGauge(number, slot int, v float64) {
	b.setGauge(number, slot, gauge{v, untimedSeq})
}

// SetTimedGauge makes v the value of a gauge unless a write with a higher number
// or without a timestamp is there.
func (b *Bucket) SetTimedGauge(number, slot int, v float64, seq uint64) {
	b.setGauge(number, slot, gauge{v, seq})
}

func (b *Bucket) setGauge(number, slot int, g gauge) {
	r, first := b.touch(number, slot)
	if r.gauges == nil {
		r.gauges = new([RowSlots]gauge)
	}
	if have := &r.gauges[slot]; first || g.seq >= have.seq {
		*have = g
	}
}

// AddMember adds a member to a set, or reports false if the set has as many as
// it may.
func (b *Bucket) AddMember(number, slot int, member string) bool {
	r, _ := b.touch(number, slot)
	if r.sets == nil {
		r.sets = new([RowSlots]set)
	}
	return r.sets[slot].add(member, b.limits.Members)
}

// summary returns what is added to at a slot. limit and bins are for one that is
// empty.
func (b *Bucket) summary(number, slot, limit int, bins bool) *Summary {
	r, first := b.touch(number, slot)
	if r.summaries == nil {
		r.summaries = new([RowSlots]*Summary)
	}
	s := r.summaries[slot]
	if s == nil {
		s = new(Summary)
		r.summaries[slot] = s
	}
	if first {
		s.reset(limit, bins)
	}
	return s
}

// AddObservations merges one bank into a histogram that keeps up to limit
// samples; 0 means as many as the bucket's limits say. samples stand for sampled
// of its n observations; the slice is not kept.
func (b *Bucket) AddObservations(number, slot, limit int, n uint64, sum, low, high float64, samples []float64, sampled uint64) {
	b.histogram(number, slot, limit).addBank(b, n, sum, low, high, samples, sampled)
}

// Observe adds one observation that counts as weight many to a histogram, and
// keeps it as a sample. limit is that of AddObservations.
func (b *Bucket) Observe(number, slot, limit int, v, weight float64) {
	s := b.histogram(number, slot, limit)
	s.add(v, weight)
	s.thinIfLong(b)
}

func (b *Bucket) histogram(number, slot, limit int) *Summary {
	if limit == 0 {
		limit = b.limits.Reservoir
	}
	return b.summary(number, slot, limit, false)
}

// AddValues adds values, each of which counts as weight many, to a distribution,
// and returns how many values were beyond the bound and are not counted: none
// where it goes on as a sketch.
func (b *Bucket) AddValues(number, slot int, values []float64, weight float64) (dropped int) {
	return b.summary(number, slot, b.limits.Distribution, b.limits.Bins).addValues(values, weight)
}

// Merge adds one slot of src to b, which keeps the class it has there. It returns
// how many members of a set found no room. See MergeInto.
func (b *Bucket) Merge(src *Bucket, number, slot int) (leftOut int) {
	return b.MergeInto(number, slot, src, number, slot)
}

// MergeInto adds a touched slot of src to a slot of b of the same class, and
// returns how many members of a set found no room. Of two gauges the one stays
// that SetGauge and SetTimedGauge would have kept.
func (b *Bucket) MergeInto(number, slot int, src *Bucket, srcNumber, srcSlot int) (leftOut int) {
	from := src.rows[srcNumber]
	switch {
	case from.counts != nil:
		c := from.counts[srcSlot]
		b.AddCount(number, slot, c.n, c.f)
	case from.gauges != nil:
		b.setGauge(number, slot, from.gauges[srcSlot])
	case from.sets != nil:
		for m := range from.sets[srcSlot].members {
			if !b.AddMember(number, slot, m) {
				leftOut++
			}
		}
	case from.summaries != nil:
		s := from.summaries[srcSlot]
		b.summary(number, slot, s.limit, s.inBins).merge(b, s)
	}
	return leftOut
}

// RemoveMembers takes the members of a set of src out of a set of b. Both are
// touched.
func (b *Bucket) RemoveMembers(number, slot int, src *Bucket, srcNumber, srcSlot int) {
	members := b.rows[number].sets[slot].members
	for m := range src.rows[srcNumber].sets[srcSlot].members {
		delete(members, m)
	}
}

// Reset empties the bucket and keeps its memory, but not the members of sets.
func (b *Bucket) Reset() {
	for _, number := range b.used {
		r := b.rows[number]
		if r.sets != nil {
			for t := r.touched; t != 0; t &= t - 1 {
				clear(r.sets[bits.TrailingZeros64(t)].members)
			}
		}
		r.touched = 0
	}
	b.used, b.order = b.used[:0], b.order[:0]
}

// addSaturating adds and stops at ±MaxInt64.
func addSaturating(a, b int64) int64 {
	sum := a + b
	if a > 0 && b > 0 && sum < 0 {
		return math.MaxInt64
	}
	if (a < 0 && b < 0 && sum >= 0) || sum == math.MinInt64 {
		return -math.MaxInt64
	}
	return sum
}
