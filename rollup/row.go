package rollup

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// RowSlots is how many series one row of cells has at most.
const RowSlots = 64

// row is the content of up to RowSlots series of one class. Only the arrays of
// that class exist, and of two the second once a series has need of it: most
// counters have whole deltas only, and most gauges no timestamps.
type row struct {
	touched uint64
	next    *row // of the free rows of one number

	counts    *[RowSlots]int64
	floats    *[RowSlots]float64 // nil: all are 0
	gauges    *[RowSlots]float64
	seqs      *[RowSlots]uint64 // nil: all are untimedSeq
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

func (r *row) count(slot int) (c count) {
	c.n = r.counts[slot]
	if r.floats != nil {
		c.f = r.floats[slot]
	}
	return c
}

func (r *row) gauge(slot int) gauge {
	if r.seqs == nil {
		return gauge{r.gauges[slot], untimedSeq}
	}
	return gauge{r.gauges[slot], r.seqs[slot]}
}

func (r *row) setGauge(slot int, g gauge) {
	r.gauges[slot] = g.value
	if r.seqs == nil {
		if g.seq == untimedSeq {
			return
		}
		r.seqs = new([RowSlots]uint64)
		for i := range r.seqs {
			r.seqs[i] = untimedSeq
		}
	}
	r.seqs[slot] = g.seq
}

// empty forgets what the row has and keeps its memory.
func (r *row) empty() {
	if r.sets != nil {
		for t := r.touched; t != 0; t &= t - 1 {
			clear(r.sets[bits.TrailingZeros64(t)].members)
		}
	}
	r.touched = 0
}

// Memory makes buckets, and has the rows that they give back for the next one to
// use: a series finds the samples' memory that it had before. It belongs to one
// goroutine.
type Memory struct {
	limits Limits
	rng    *rand.Rand
	free   []*row // by number

	scratch []Sample // of Summary.thin
}

// NewMemory returns a memory without rows. It draws from rng, which stays the
// caller's.
func NewMemory(limits Limits, rng *rand.Rand) *Memory { return &Memory{limits: limits, rng: rng} }

// maxFree bounds the rows of one number that are kept for reuse: back-fill may
// have filled hundreds of buckets.
const maxFree = 4

// take returns an empty row.
func (m *Memory) take(number int) *row {
	if number < len(m.free) && m.free[number] != nil {
		r := m.free[number]
		m.free[number], r.next = r.next, nil
		return r
	}
	return new(row)
}

// put takes an empty row back.
func (m *Memory) put(number int, r *row) {
	if number >= len(m.free) {
		m.free = append(m.free, make([]*row, number+1-len(m.free))...)
	}
	n := 0
	for other := m.free[number]; other != nil; other = other.next {
		n++
	}
	if n < maxFree {
		r.next = m.free[number]
		m.free[number] = r
	}
}
