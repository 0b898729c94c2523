package exponential

import (
	"math"

	"github.com/shardstats/shardstats/transport"
)

// Histogram is a base-2 exponential histogram. The zero value is an empty one.
type Histogram struct {
	Scale int
	// Zero counts the values that are 0.
	Zero float64
	// Positive and Negative are the buckets that are not empty, by ascending index:
	// in Negative the value nearest to zero comes first. Their memory is the
	// histogram's, for the next Build.
	Positive, Negative []Bucket
}

// Bucket is one bucket that is not empty.
type Bucket struct {
	Index int32
	Count float64 // whole after Round, or if all weights were
}

// Build makes h the histogram of samples, each counted with its weight, at the largest
// scale at which neither the positive nor the negative side spans more than limit
// buckets, empty ones between the first and the last included. limit is at least 2;
// with one of 132 or more the scale is -4 or above, the coarsest that Prometheus knows.
//
// Samples are sorted by value and finite; weights are finite and not negative. Build
// allocates only if h has never had as many buckets.
func (h *Histogram) Build(samples []transport.Sample, limit int) {
	zero, positive := split(samples)
	h.Scale = min(
		scaleFor(samples[positive:], 1, limit),
		scaleFor(samples[:zero], -1, limit),
	)
	h.Zero, h.Positive, h.Negative = 0, h.Positive[:0], h.Negative[:0]
	for _, s := range samples[zero:positive] {
		h.Zero += s.Weight
	}
	for _, s := range samples[positive:] {
		h.Positive = add(h.Positive, Index(h.Scale, s.Value), s.Weight)
	}
	for i := zero - 1; i >= 0; i-- {
		h.Negative = add(h.Negative, Index(h.Scale, -samples[i].Value), samples[i].Weight)
	}
}

// split returns where the zeros begin and where they end.
func split(samples []transport.Sample) (zero, positive int) {
	for zero < len(samples) && samples[zero].Value < 0 {
		zero++
	}
	positive = zero
	for positive < len(samples) && samples[positive].Value == 0 {
		positive++
	}
	return zero, positive
}

// scaleFor returns the largest scale at which samples of one sign span limit buckets
// at most.
func scaleFor(samples []transport.Sample, sign float64, limit int) int {
	if len(samples) == 0 {
		return MaxScale
	}
	one, other := finest(sign*samples[0].Value), finest(sign*samples[len(samples)-1].Value)
	low, high := min(one, other), max(one, other)
	scale := MaxScale
	for scale > MinScale && int(high)-int(low)+1 > limit {
		scale, low, high = scale-1, low>>1, high>>1
	}
	return scale
}

// add adds to the last bucket or behind it: indexes come in ascending order.
func add(buckets []Bucket, index int32, weight float64) []Bucket {
	if weight == 0 {
		return buckets
	}
	if n := len(buckets); n > 0 && buckets[n-1].Index == index {
		buckets[n-1].Count += weight
		return buckets
	}
	return append(buckets, Bucket{index, weight})
}

// Total returns the sum of all counts.
func (h *Histogram) Total() float64 {
	total := h.Zero
	for _, b := range h.Negative {
		total += b.Count
	}
	for _, b := range h.Positive {
		total += b.Count
	}
	return total
}

// Whole reports whether every count is a whole number.
func (h *Histogram) Whole() bool {
	whole := func(buckets []Bucket) bool {
		for _, b := range buckets {
			if b.Count != math.Trunc(b.Count) {
				return false
			}
		}
		return true
	}
	return h.Zero == math.Trunc(h.Zero) && whole(h.Negative) && whole(h.Positive)
}

// Stretch multiplies all counts so that they add up to total, for samples that
// stand for a part of the observations only. An empty histogram stays empty.
func (h *Histogram) Stretch(total float64) {
	have := h.Total()
	if have == total || have == 0 {
		return
	}
	h.Zero = h.Zero / have * total // in this order it cannot overflow
	for i := range h.Negative {
		h.Negative[i].Count = h.Negative[i].Count / have * total
	}
	for i := range h.Positive {
		h.Positive[i].Count = h.Positive[i].Count / have * total
	}
}

// Round stretches h to total and makes every count whole. It returns their sum: total
// rounded down after offset, in [0, 1), was added to it. Offsets that are spread evenly
// make it right on average, as each single count is.
//
// It is systematic sampling (Madow 1949, https://doi.org/10.1214/aoms/1177729988): with
// the counts laid end to end, by value, a bucket gets one for each whole number, moved
// by the offset, that it covers. So the number of observations below any bound is within
// 1 of the exact one. A histogram of whole counts that add up to total stays as it is,
// and an empty one empty.
//
// total is at most 2^53, up to which each whole number is a float64.
func (h *Histogram) Round(total, offset float64) (sum float64) {
	have := h.Total()
	if have == 0 {
		return 0
	}
	if have == total && h.Whole() {
		return total
	}
	h.Stretch(total)
	r := rounding{end: offset, whole: math.Floor(total + offset)}
	for i := len(h.Negative) - 1; i >= 0; i-- {
		r.round(&h.Negative[i].Count)
	}
	r.round(&h.Zero)
	for i := range h.Positive {
		r.round(&h.Positive[i].Count)
	}
	// The sum of the counts is not exactly total, by float rounding, so the last may
	// not have got what is left.
	h.give(r.whole - r.given)
	h.Negative, h.Positive = occupied(h.Negative), occupied(h.Positive)
	return r.whole
}

// rounding is the state of Round between two buckets.
type rounding struct {
	end   float64 // offset and counts so far
	given float64 // whole counts so far
	whole float64 // all that is to be given
}

func (r *rounding) round(count *float64) {
	r.end += *count
	upTo := min(math.Floor(r.end), r.whole)
	*count = upTo - r.given
	r.given = upTo
}

// give adds n, 0 in all but rare cases, to the last count.
func (h *Histogram) give(n float64) {
	switch {
	case len(h.Positive) > 0:
		h.Positive[len(h.Positive)-1].Count += n
	case h.Zero > 0 || len(h.Negative) == 0:
		h.Zero += n
	default:
		h.Negative[0].Count += n
	}
}

// occupied returns the buckets that are not empty, in their order and memory.
func occupied(buckets []Bucket) []Bucket {
	out := buckets[:0]
	for _, b := range buckets {
		if b.Count != 0 {
			out = append(out, b)
		}
	}
	return out
}
