package exponential

import (
	"math"
	"math/bits"
)

const (
	// MaxScale is the finest: base 2^(1/256), the finest that Prometheus knows.
	MaxScale = 8
	// MinScale is the coarsest that a histogram is ever brought to: two buckets
	// hold every value, those up to 1 and those above.
	MinScale = -11

	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
	exponentBias = 1023
	minExponent  = -1074 // of the smallest value above zero
)

// Index returns the index of the bucket that v is in at a scale from MinScale to
// MaxScale. v is above zero and finite.
func Index(scale int, v float64) int32 { return finest(v) >> (MaxScale - scale) }

// finest returns the index of v at MaxScale. At the scale below, two buckets are one,
// whose index is half of either, rounded down.
func finest(v float64) int32 {
	word := math.Float64bits(v)
	exponent, mantissa := int(word>>mantissaBits)-exponentBias, word&mantissaMask
	if exponent == -exponentBias { // subnormal: it has no leading 1 but what is in the mantissa
		shift := bits.LeadingZeros64(mantissa) - (63 - mantissaBits)
		exponent, mantissa = 1-exponentBias-shift, mantissa<<shift&mantissaMask
	}
	below := int(guess[mantissa>>(mantissaBits-MaxScale)])
	for below < len(bounds) && bounds[below] < mantissa { // twice at most
		below++
	}
	return int32(exponent<<MaxScale + below - 1)
}

// guess has, for each 256th of the way from one power of two to the next, how many
// bounds are below its beginning.
var guess = func() (guess [1 << MaxScale]uint16) {
	below := 0
	for i := range guess {
		for below < len(bounds) && bounds[below] < uint64(i)<<(mantissaBits-MaxScale) {
			below++
		}
		guess[i] = uint16(below)
	}
	return guess
}()

// Bound returns the largest float64 that is not above base^index, the lower bound of
// the bucket with that index: 0 below the smallest value, and +Inf above the largest.
// A float64 v is in the bucket if, and only if, it is above Bound(scale, index) and not
// above Bound(scale, index+1).
func Bound(scale int, index int32) float64 {
	at := int64(index) << (MaxScale - scale)
	exponent, mantissa := at>>MaxScale, bounds[at&(1<<MaxScale-1)]
	switch {
	case exponent > exponentBias:
		return math.Inf(1)
	case exponent < minExponent:
		return 0
	case exponent > -exponentBias:
		return math.Float64frombits(uint64(exponent+exponentBias)<<mantissaBits | mantissa)
	}
	// Subnormal: cut off what does not fit, which rounds down.
	return math.Float64frombits((1<<mantissaBits | mantissa) >> (1 - exponentBias - exponent))
}
