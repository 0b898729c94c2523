package rollup

import (
	"math"
	"math/bits"
)

// RowSlots is how many series one row of cells has at most.
const RowSlots = 64

// row is the content of up to RowSlots series of one class. Its cells reach as far as
// they were touched: rows of some classes are never full. What few series have need of
// is apart from the rest: most counters have whole deltas only, most gauges no
// timestamps.
type row struct {
	touched uint64
	next    *row     // of the free rows of one number
	words   []uint64 // counters: whole deltas as an int64; gauges: values as a float64
	// more is nil while the row has no need of it. Counters: fractional deltas as a
	// float64; gauges: the order of timed writes, untimedSeq of others.
	more *[RowSlots]uint64
	big  *bigCells
	of   class
}

// bigCells are those of the classes whose series have more than a word or two.
type bigCells struct {
	sets      []set
	summaries []Summary
}

// class is what the series of a row are, as the first addition tells.
type class uint8

const (
	noClass class = iota
	counters
	gauges
	sets
	summaries
)

type count struct {
	n int64
	f float64
}

type gauge struct {
	value float64
	seq   uint64 // of a timed write; untimedSeq of one without a timestamp, which wins
}

const untimedSeq = math.MaxUint64

// cellStep is what rows grow by: a row has 16 series of most classes, or 64.
const cellStep = 16

// reach returns cells that include slot.
func reach[T any](cells []T, slot int) []T {
	if slot < len(cells) {
		return cells
	}
	size := RowSlots
	if slot < cellStep {
		size = cellStep
	}
	return append(make([]T, 0, size), cells...)[:size]
}

// is makes r, which is touched at slot, a row of a class of one word.
func (r *row) is(c class, slot int) {
	r.of = c
	if slot >= len(r.words) {
		r.words = reach(r.words, slot)
	}
}

func (r *row) count(slot int) (c count) {
	c.n = int64(r.words[slot])
	if r.more != nil {
		c.f = math.Float64frombits(r.more[slot])
	}
	return c
}

func (r *row) setCount(slot int, c count) {
	r.words[slot] = uint64(c.n)
	if r.more == nil {
		if c.f == 0 {
			return
		}
		r.more = new([RowSlots]uint64)
	}
	r.more[slot] = math.Float64bits(c.f)
}

func (r *row) gauge(slot int) gauge {
	g := gauge{math.Float64frombits(r.words[slot]), untimedSeq}
	if r.more != nil {
		g.seq = r.more[slot]
	}
	return g
}

func (r *row) setGauge(slot int, g gauge) {
	r.words[slot] = math.Float64bits(g.value)
	if r.more == nil {
		if g.seq == untimedSeq {
			return
		}
		r.more = new([RowSlots]uint64)
		for i := range r.more {
			r.more[i] = untimedSeq
		}
	}
	r.more[slot] = g.seq
}

// set returns the set at a touched slot.
func (r *row) set(slot int) *set {
	if b := r.big; b != nil && slot < len(b.sets) {
		return &b.sets[slot]
	}
	b := r.cells(sets)
	b.sets = reach(b.sets, slot)
	return &b.sets[slot]
}

// summary returns the histogram or distribution at a touched slot.
func (r *row) summary(slot int) *Summary {
	if b := r.big; b != nil && slot < len(b.summaries) {
		return &b.summaries[slot]
	}
	b := r.cells(summaries)
	b.summaries = reach(b.summaries, slot)
	return &b.summaries[slot]
}

// cells makes r a row of a class of large cells.
func (r *row) cells(c class) *bigCells {
	r.of = c
	if r.big == nil {
		r.big = new(bigCells)
	}
	return r.big
}

// empty forgets what the row has and keeps its memory.
func (r *row) empty() {
	if r.of == sets {
		for t := r.touched; t != 0; t &= t - 1 {
			clear(r.big.sets[bits.TrailingZeros64(t)].members)
		}
	}
	r.touched = 0
}
