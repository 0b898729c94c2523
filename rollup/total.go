package rollup

import (
	"cmp"
	"slices"
)

// Total is the running total of one counter, histogram or distribution over
// buckets. The zero value is an empty one. Of a distribution it also has what all
// its values were, as a sketch: see bins.go. It uses 7 bits from the start, so that a
// value stays in its bin for good, 0.4 % off at most, and fewer once there are more
// than totalBins bins.
type Total struct {
	count count // of a counter

	// Of a histogram or distribution, as in a Summary.
	n        uint64
	weighted float64
	sum      float64
	bins     []Sample // sorted
	bits     int      // that bins were made with; 0 before the first
}

const (
	totalBits = 7
	totalBins = 2048
)

// Add adds a touched counter, histogram or distribution of b; samples says whether
// its samples are wanted. It reports false, and adds nothing, if the total would not
// be finite.
func (t *Total) Add(b *Bucket, number, slot int, samples bool) bool {
	r := b.rows[number]
	if r.of == counters {
		more := r.count(slot)
		sum := count{addSaturating(t.count.n, more.n), t.count.f + more.f}
		if v := float64(sum.n) + sum.f; v-v != 0 {
			return false
		}
		t.count = sum
		return true
	}
	s := r.summary(slot)
	sum, weighted := t.sum+s.sum, t.weighted+s.weighted
	if sum-sum != 0 || weighted-weighted != 0 {
		return false
	}
	t.n, t.sum, t.weighted = t.n+s.count, sum, weighted
	if samples {
		t.addSamples(s.read(b))
	}
	return true
}

// addSamples merges samples sorted by value into the sketch.
func (t *Total) addSamples(samples []Sample) {
	if t.bits == 0 {
		t.bits = totalBits
	}
	t.bins = append(t.bins, samples...)
	slices.SortFunc(t.bins, func(x, y Sample) int { return cmp.Compare(x.Value, y.Value) })
	t.bins, t.bits = shrink(t.bins, t.bits, totalBins)
}

// Value returns the total of a counter.
func (t *Total) Value() float64 { return float64(t.count.n) + t.count.f }

// Count returns how many observations there were, as [Summary.Count].
func (t *Total) Count() float64 { return float64(t.n) + t.weighted }

// Sum returns the sum of all observations.
func (t *Total) Sum() float64 { return t.sum }

// Samples returns the values of a distribution, sorted. The slice is the total's,
// until the next Add.
func (t *Total) Samples() []Sample { return t.bins }
