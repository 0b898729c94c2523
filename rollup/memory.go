package rollup

import "math/rand/v2"

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
