package rollup

import "math"

// A distribution that has become long goes on as a sketch: its values are rounded
// to bins that halve, or divide by a power of two, the way from one power of two to
// the next, and equal values become one sample of their common weight. A value is
// then off by 1/2^(bits+1) of itself at most. It is the mapping of HdrHistogram
// (http://hdrhistogram.org) with the binary exponent for the outer scale, which
// costs a mask where a logarithm would be needed; samples stay samples, so nothing
// that reads them has to know.
const (
	// finest is 0.2 %.
	finest = 8
	// coarsest is 0.8 %: no further rounding, however many bins there are.
	coarsest = 6
)

const mantissa = 52

// bin returns the middle of the bin that v is in. It is in that bin at any
// smaller number of bits, too. Values below the normal range become 0.
func bin(v float64, bits int) float64 {
	word := math.Float64bits(v)
	if word<<1 != 0 {
		word-- // a bin includes its bound away from zero, as the buckets of the backends do
	}
	if word>>mantissa&0x7ff == 0 {
		return 0
	}
	low := uint64(1) << (mantissa - bits)
	return math.Float64frombits(word&^(low-1) | low>>1)
}

// intoBins rounds samples sorted by value and adds up those that become equal, in
// place. The order stays.
func intoBins(samples []Sample, bits int) []Sample {
	out := samples[:0]
	for _, s := range samples {
		s.Value = bin(s.Value, bits)
		if n := len(out); n > 0 && out[n-1].Value == s.Value {
			out[n-1].Weight += s.Weight
			continue
		}
		out = append(out, s)
	}
	return out
}

// shrink makes a sketch of samples sorted by value that fits into limit, if rounding
// can do that, and returns the number of bits used. bits is that of an earlier time,
// 0 for none.
func shrink(samples []Sample, bits, limit int) ([]Sample, int) {
	if bits == 0 {
		bits = finest
	}
	samples = intoBins(samples, bits)
	for len(samples) > limit && bits > coarsest {
		bits--
		samples = intoBins(samples, bits)
	}
	return samples, bits
}

// within moves samples sorted by value that lie in the bins of low and high, but
// beyond, to there: into the same bin, and no percentile leaves the range.
func within(samples []Sample, low, high float64) {
	for i := 0; i < len(samples) && samples[i].Value < low; i++ {
		samples[i].Value = low
	}
	for i := len(samples) - 1; i >= 0 && samples[i].Value > high; i-- {
		samples[i].Value = high
	}
}
