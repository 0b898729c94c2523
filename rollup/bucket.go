package rollup

import (
	"math"
	"math/rand/v2"
)

// Limits bound what a bucket keeps of one series.
type Limits struct {
	Reservoir    int // samples of a histogram
	Distribution int // values of a distribution
	// Bins: a distribution of more values goes on as a sketch of half as many bins,
	// instead of being full.
	Bins    bool
	Members int // members of a set
	// InOrder: Bucket.EachInOrder goes by first touch, for 8 bytes of each series.
	InOrder bool
}

// Bucket is the merged content of one roll-up interval. The zero value is not
// usable; [Memory.Bucket] and [NewBucket] make one.
type Bucket struct {
	memory  *Memory
	rows    []*row // by number; nil until touched
	touched int    // slots
	order   []cell // of them with Limits.InOrder, in the order of first touch
}

type cell struct {
	row  int32
	slot int32
}

// Bucket returns an empty bucket.
func (m *Memory) Bucket() *Bucket { return &Bucket{memory: m} }

// NewBucket returns an empty bucket with a memory of its own.
func NewBucket(limits Limits, rng *rand.Rand) *Bucket { return NewMemory(limits, rng).Bucket() }

// touch returns the row, marked at slot, and whether the slot was empty.
func (b *Bucket) touch(number, slot int) (r *row, first bool) {
	if number < len(b.rows) {
		r = b.rows[number]
	}
	if r == nil {
		r = b.addRow(number)
	}
	bit := uint64(1) << (slot % RowSlots)
	if r.touched&bit != 0 {
		return r, false
	}
	r.touched |= bit
	b.touched++
	if b.memory.limits.InOrder {
		b.order = append(b.order, cell{int32(number), int32(slot)})
	}
	return r, true
}

func (b *Bucket) addRow(number int) *row {
	if number >= len(b.rows) {
		b.rows = append(b.rows, make([]*row, number+1-len(b.rows))...)
	}
	r := b.memory.take(number)
	b.rows[number] = r
	return r
}

// AddCount adds to a counter.
func (b *Bucket) AddCount(number, slot int, n int64, f float64) {
	r, first := b.touch(number, slot)
	r.is(counters, slot)
	if !first {
		have := r.count(slot)
		n, f = addSaturating(have.n, n), have.f+f
	}
	r.setCount(slot, count{n, f})
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
	r.is(gauges, slot)
	if first || g.seq >= r.gauge(slot).seq {
		r.setGauge(slot, g)
	}
}

// AddMember adds a member to a set, or reports false if the set has as many as
// it may.
func (b *Bucket) AddMember(number, slot int, member string) bool {
	r, _ := b.touch(number, slot)
	return r.set(slot).add(member, b.memory.limits.Members)
}

// summary returns what is added to at a slot. limit and bins are for one that is
// empty.
func (b *Bucket) summary(number, slot, limit int, bins bool) *Summary {
	r, first := b.touch(number, slot)
	s := r.summary(slot)
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
		limit = b.memory.limits.Reservoir
	}
	return b.summary(number, slot, limit, false)
}

// AddValues adds values, each of which counts as weight many, to a distribution,
// and returns how many values were beyond the bound and are not counted: none
// where it goes on as a sketch.
func (b *Bucket) AddValues(number, slot int, values []float64, weight float64) (dropped int) {
	return b.summary(number, slot, b.memory.limits.Distribution, b.memory.limits.Bins).addValues(values, weight)
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
	switch from.of {
	case counters:
		c := from.count(srcSlot)
		b.AddCount(number, slot, c.n, c.f)
	case gauges:
		b.setGauge(number, slot, from.gauge(srcSlot))
	case sets:
		for m := range from.set(srcSlot).members {
			if !b.AddMember(number, slot, m) {
				leftOut++
			}
		}
	case summaries:
		s := from.summary(srcSlot)
		b.summary(number, slot, int(s.limit), s.inBins).merge(b, s)
	}
	return leftOut
}

// RemoveMembers takes the members of a set of src out of a set of b. Both are
// touched.
func (b *Bucket) RemoveMembers(number, slot int, src *Bucket, srcNumber, srcSlot int) {
	members := b.rows[number].set(slot).members
	for m := range src.rows[srcNumber].set(srcSlot).members {
		delete(members, m)
	}
}

// Forget gives up what the bucket has of counters, of histograms and distributions, or
// of all of these. Which slots are touched it still knows: Has, Len, Empty, Each and
// EachInOrder say the same as before. Nothing else may be asked about those slots.
func (b *Bucket) Forget(ofCounters, ofSummaries bool) {
	for number, r := range b.rows {
		if r != nil && (ofCounters && r.of == counters || ofSummaries && r.of == summaries) && (r.words != nil || r.big != nil) {
			b.memory.takeCells(number, r)
		}
	}
}

// Reset empties the bucket. Its memory, but for the members of sets, serves the
// next bucket that holds the same series.
func (b *Bucket) Reset() {
	for number, r := range b.rows {
		if r != nil {
			r.empty()
			b.memory.put(number, r)
			b.rows[number] = nil
		}
	}
	b.touched, b.order = 0, b.order[:0]
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
