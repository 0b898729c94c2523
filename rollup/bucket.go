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
	Members      int // members of a set
}

// Bucket is the merged content of one roll-up interval. The zero value is not
// usable; make one with [NewBucket].
type Bucket struct {
	limits Limits
	rng    *rand.Rand
	rows   []*row // by number; nil until touched for the first time
	used   []int  // the touched rows, in the order of first touch

	scratch []Sample // of thinTo
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
	r, first := b.touch(number, slot)
	if r.sets == nil {
		r.sets = new([RowSlots]set)
	}
	if first {
		r.sets[slot].reset()
	}
	return r.sets[slot].add(member, b.limits.Members)
}

// Summary returns the histogram or distribution at a slot, touched and ready to
// be added to.
func (b *Bucket) Summary(number, slot int) *Summary {
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
		s.reset()
	}
	return s
}

// AddObservations merges one bank into a histogram. samples stand for sampled of
// its n observations; the slice is not kept.
func (b *Bucket) AddObservations(number, slot int, n uint64, sum, low, high float64, samples []float64, sampled uint64) {
	b.Summary(number, slot).addBank(b, n, sum, low, high, samples, sampled)
}

// AddValues merges one bank into a distribution, and returns how many values
// were beyond the bound and are not counted.
func (b *Bucket) AddValues(number, slot int, values []float64) (dropped int) {
	return b.Summary(number, slot).addValues(values, b.limits.Distribution)
}

// Empty reports whether nothing was added since the last Reset.
func (b *Bucket) Empty() bool { return len(b.used) == 0 }

// Each calls visit for each touched slot, by row and slot.
func (b *Bucket) Each(visit func(row, slot int)) {
	for number, r := range b.rows {
		if r == nil {
			continue
		}
		for t := r.touched; t != 0; t &= t - 1 {
			visit(number, bits.TrailingZeros64(t))
		}
	}
}

// Has reports whether a slot is touched.
func (b *Bucket) Has(number, slot int) bool {
	return number < len(b.rows) && b.rows[number] != nil && b.rows[number].touched>>slot&1 == 1
}

// Count returns a counter's sum. ok is false if it is not finite.
func (b *Bucket) Count(number, slot int) (sum float64, ok bool) {
	c := b.rows[number].counts[slot]
	sum = float64(c.n) + c.f
	return sum, sum-sum == 0
}

// Gauge returns a gauge's value.
func (b *Bucket) Gauge(number, slot int) float64 { return b.rows[number].gauges[slot].value }

// Members returns how many members a set has.
func (b *Bucket) Members(number, slot int) int { return len(b.rows[number].sets[slot].members) }

// AppendMembers appends the members of a set, sorted.
func (b *Bucket) AppendMembers(dst []string, number, slot int) []string {
	return b.rows[number].sets[slot].appendSorted(dst)
}

// Merge adds one slot of src to b. The slot is of the same class in both.
func (b *Bucket) Merge(src *Bucket, number, slot int) { b.MergeInto(number, slot, src, number, slot) }

// MergeInto adds a slot of src to another slot of b.
func (b *Bucket) MergeInto(number, slot int, src *Bucket, srcNumber, srcSlot int) {
	from := src.rows[srcNumber]
	switch {
	case from.counts != nil:
		c := from.counts[srcSlot]
		b.AddCount(number, slot, c.n, c.f)
	case from.gauges != nil:
		b.setGauge(number, slot, from.gauges[srcSlot])
	case from.sets != nil:
		for m := range from.sets[srcSlot].members {
			b.AddMember(number, slot, m)
		}
	case from.summaries != nil:
		b.Summary(number, slot).merge(b, from.summaries[srcSlot])
	}
}

// Reset empties the bucket and keeps its memory.
func (b *Bucket) Reset() {
	for _, number := range b.used {
		b.rows[number].touched = 0
	}
	b.used = b.used[:0]
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
