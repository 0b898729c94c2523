package datadog

import (
	"math"
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// Datadog adds up sketches of different processes key by key, so all have to have
// the same bins: those of its Agent. They grow by 1/64 from one to the next, from 1e-9
// on; a key is the logarithm of a value to that base, rounded, and shifted such that
// the smallest value has the key 1. 0, and what is closer to it than that, has the
// key 0, a negative value that of its magnitude with a minus. What is beyond the
// largest key has the one for infinity. The mapping is that of
// https://github.com/DataDog/datadog-agent/tree/main/pkg/util/quantile, with the same
// operations on floating-point numbers in the same order, so that no value that is
// near the bound of two bins gets the other one.
const (
	binGrowth   = 1.0 / 64
	binSmallest = 1e-9

	infinityKey = math.MaxInt16
	maxBinCount = math.MaxUint16 // in one bin; more takes several with one key
	maxBins     = 4096           // but for those that hold maxBinCount
)

var (
	binLog     = math.Log1p(binGrowth)
	keyShift   = 1 - int(math.Floor(math.Log(binSmallest)/binLog))
	binMinimum = math.Pow(1+binGrowth, float64(1-keyShift)) // the value of the key 1
)

// key returns the key of a finite value.
func key(v float64) int32 {
	if v < 0 {
		return -key(-v)
	}
	if v < binMinimum {
		return 0
	}
	k := int(math.RoundToEven(math.Log(v)/binLog)) + keyShift
	return int32(max(1, min(k, infinityKey)))
}

// maxSketchCount is how many observations fit into one sketch such that it fits into
// a request: a million full bins.
const maxSketchCount = maxBinCount << 20

// sketch is what becomes of a Summary.
type sketch struct {
	count         int64
	min, max, sum float64
	avg           float64
}

// sketchBins are the bins of one sketch, sorted by key. Its memory is used again.
type sketchBins struct {
	keys   []int32
	counts []uint32
}

// build fills the bins with the observations of sum, and returns the rest of the
// sketch. offset is as for appendValues.
//
// The weights of the samples are rounded together, as appendValues does it, so that
// the counts add up to the count of sum if that is whole, and else to a whole number
// within 1 of it. If samples stand for fewer observations than sum has, because some
// were counted only, all weights grow by one factor. A Summary without a count, made
// by hand, has the totals of its samples.
func (b *sketchBins) build(sum *transport.Summary, offset func() float64) sketch {
	b.keys, b.counts = b.keys[:0], b.counts[:0]
	samples := sum.Samples
	total, whole := 0.0, true
	for i := range samples {
		w := weight(samples[i])
		total += w
		whole = whole && w == math.Trunc(w)
	}
	scale := 1.0
	if sum.Count > total*(1+roundingError) {
		scale, whole = sum.Count/total, false
		total = sum.Count
	}
	start := 0.0
	if !whole {
		start = offset()
	}
	var s sketch
	if near := math.Round(total); math.Abs(total-near) <= near*roundingError {
		s.count = int64(near) // the sum of weights like 10/3 is not quite whole
	} else {
		s.count = int64(math.Floor(start + total))
	}

	left := int64(len(samples)) // each gets one at least
	end, before := start, int64(0)
	inKey, of := int64(0), key(samples[0].Value)
	for i := range samples {
		left--
		end += weight(samples[i]) * scale
		upTo := min(int64(math.Floor(end)), s.count-left)
		if left == 0 {
			upTo = s.count
		}
		if k := key(samples[i].Value); k != of {
			b.append(of, inKey)
			inKey, of = 0, k
		}
		inKey += upTo - before
		before = upTo
	}
	b.append(of, inKey)
	b.collapse()

	s.min, s.max, s.sum = sum.Min, sum.Max, sum.Sum
	if sum.Count == 0 {
		s.min, s.max, s.sum = samples[0].Value, samples[len(samples)-1].Value, 0
		for i := range samples {
			s.sum += samples[i].Value * weight(samples[i])
		}
		s.avg = s.sum / total
	} else {
		s.avg = s.sum / sum.Count
	}
	return s
}

// roundingError bounds, relatively, what adding up weights may be off by.
const roundingError = 1e-9

// append appends n observations with one key, the bins that are full last.
func (b *sketchBins) append(k int32, n int64) {
	if rest := n % maxBinCount; rest != 0 {
		b.keys, b.counts = append(b.keys, k), append(b.counts, uint32(rest))
	}
	for range n / maxBinCount {
		b.keys, b.counts = append(b.keys, k), append(b.counts, maxBinCount)
	}
}

// collapse bounds the number of bins. The lowest become one, which is spread over
// several if it holds more than a bin can; those come on top of the bound.
func (b *sketchBins) collapse() {
	extra := len(b.keys) - maxBins
	if extra <= 0 {
		return
	}
	// Whatever is written at full was read before: it takes more than one bin to
	// fill another.
	full, carried := 0, uint32(0)
	for i := range extra {
		carried += b.counts[i]
		if carried > maxBinCount {
			b.keys[full], b.counts[full] = b.keys[i], maxBinCount
			carried -= maxBinCount
			full++
		}
	}
	first := b.counts[extra] + carried
	b.counts[extra] = min(first, maxBinCount)
	if first > maxBinCount {
		b.keys[full], b.counts[full] = b.keys[extra], first-maxBinCount
		full++
	}
	b.keys = slices.Delete(b.keys, full, extra)
	b.counts = slices.Delete(b.counts, full, extra)
}
