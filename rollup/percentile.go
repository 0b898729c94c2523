package rollup

import (
	"math"
	"strconv"
	"strings"
)

// PPM is a fraction in parts per million: percentiles are held as whole numbers
// so that no rounding of 0.95 decides which sample is taken.
type PPM int64

// Million is the whole.
const Million PPM = 1_000_000

// ToPPM rounds a fraction to parts per million.
func ToPPM(p float64) PPM { return PPM(math.Round(p * float64(Million))) }

// Percentile returns the nearest-rank percentile of samples sorted by value: the
// smallest value whose cumulative weight reaches p of the total. With equal
// weights that is the value at index ⌈p·n⌉−1. There must be a sample.
func Percentile(samples []Sample, p PPM) float64 {
	if n := len(samples); equalWeights(samples) {
		i := (int64(p)*int64(n) + int64(Million) - 1) / int64(Million)
		return samples[min(max(i-1, 0), int64(n-1))].Value
	}
	total := 0.0
	for _, s := range samples {
		total += s.Weight
	}
	want := total * float64(p) / float64(Million)
	passed := 0.0
	for _, s := range samples {
		passed += s.Weight
		if passed >= want {
			return s.Value
		}
	}
	return samples[len(samples)-1].Value
}

// PercentileThreadStats returns the percentile as datadogpy's ThreadStats takes
// it: the one at index round(p·n − 1), halves to even, in floating point as there.
// A sample of weight w counts as w of them: it is the first whose cumulative
// weight exceeds round(p·W − 1). There must be a sample.
func PercentileThreadStats(samples []Sample, p PPM) float64 {
	fraction := float64(p) / float64(Million)
	total := 0.0
	for _, s := range samples {
		total += s.Weight
	}
	// The product is converted, so that no platform fuses it with the difference.
	want, passed := math.RoundToEven(float64(fraction*total)-1), 0.0
	for _, s := range samples {
		passed += s.Weight
		if passed > want {
			return s.Value
		}
	}
	return samples[len(samples)-1].Value
}

func equalWeights(samples []Sample) bool {
	for _, s := range samples[1:] {
		if s.Weight != samples[0].Weight {
			return false
		}
	}
	return true
}

// PercentileName returns the suffix of a percentile's series: 0.95 gives
// "95percentile", 0.999 gives "99_9percentile".
func PercentileName(p PPM) string {
	s := strconv.FormatFloat(float64(p)/float64(Million/100), 'f', -1, 64)
	return strings.ReplaceAll(s, ".", "_") + "percentile"
}
