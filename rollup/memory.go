package rollup

import "math/rand/v2"

// Memory makes buckets, and has the rows that they give back for the next one to
// use: a series finds the samples' memory that it had before. It belongs to one
// goroutine.
type Memory struct {
	limits Limits
	rng    *rand.Rand
	free   []*row // by number
	bare   []*row // without cells, of any number

	scratch []Sample // of Summary.thin
}

// NewMemory returns a memory without rows. It draws from rng, which stays the
// caller's.
func NewMemory(limits Limits, rng *rand.Rand) *Memory { return &Memory{limits: limits, rng: rng} }

// maxFree bounds the rows of one number that are kept for reuse: back-fill may
// have filled hundreds of buckets.
const maxFree = 4

// maxBare bounds the rows without cells: those of a million counters or so.
const maxBare = 1 << 14

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
	if r.words == nil && r.big == nil {
		if len(m.bare) < maxBare {
			m.bare = append(m.bare, r)
		}
		return
	}
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

// takeCells takes the cells of r, which stays touched.
func (m *Memory) takeCells(number int, r *row) {
	other := new(row)
	if n := len(m.bare); n > 0 {
		other, m.bare = m.bare[n-1], m.bare[:n-1]
	}
	other.words, other.more, other.big, other.of = r.words, r.more, r.big, r.of
	r.words, r.more, r.big = nil, nil, nil
	m.put(number, other)
}
