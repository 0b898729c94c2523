package exponential_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/exponential"
)

const precision = 400 // bits: no float64 is that near to an irrational bound

// root returns 2^(1/256).
func root() *big.Float {
	r := big.NewFloat(2).SetPrec(precision)
	for range exponential.MaxScale {
		r.Sqrt(r)
	}
	return r
}

// The bounds are those that exact arithmetic gives, so Index and Bound are too.
func TestBoundsAreTheLargestFloatsNotAboveThePowers(t *testing.T) {
	power, step := big.NewFloat(1).SetPrec(precision), root()
	for k := range int32(256) {
		got := exponential.Bound(exponential.MaxScale, k)
		exact := func(f float64) int { return new(big.Float).SetPrec(precision).SetFloat64(f).Cmp(power) }
		assert.LessOrEqual(t, exact(got), 0, "2^(%d/256) is below %v", k, got)
		assert.Positive(t, exact(math.Nextafter(got, 2)), "2^(%d/256) is above %v by more than one float64", k, got)
		power.Mul(power, step)
	}
}

func TestIndex(t *testing.T) {
	for name, c := range map[string]struct {
		scale int
		v     float64
		want  int32
	}{
		"one is the upper bound of bucket -1":        {0, 1, -1},
		"just above one":                             {0, math.Nextafter(1, 2), 0},
		"two is the upper bound of bucket 0":         {0, 2, 0},
		"just above two":                             {0, math.Nextafter(2, 3), 1},
		"a half":                                     {0, 0.5, -2},
		"one at scale 8":                             {8, 1, -1},
		"two at scale 8":                             {8, 2, 255},
		"four at scale 1":                            {1, 4, 3},
		"just above the root of two at scale 1":      {1, math.Nextafter(math.Sqrt2, 2), 1},
		"just below the root of two at scale 1":      {1, math.Nextafter(math.Sqrt2, 1), 0},
		"the smallest, a power of two":               {0, math.SmallestNonzeroFloat64, -1075},
		"the smallest at scale 8":                    {8, math.SmallestNonzeroFloat64, -1074*256 - 1},
		"three times the smallest":                   {0, 3 * math.SmallestNonzeroFloat64, -1073},
		"the smallest normal":                        {0, 0x1p-1022, -1023},
		"the largest subnormal":                      {0, math.Nextafter(0x1p-1022, 0), -1023},
		"the largest":                                {0, math.MaxFloat64, 1023},
		"the largest at scale 8":                     {8, math.MaxFloat64, 1024*256 - 1},
		"the largest at scale -11":                   {-11, math.MaxFloat64, 0},
		"the smallest at scale -11":                  {-11, math.SmallestNonzeroFloat64, -1},
		"the largest at Prometheus's coarsest":       {-4, math.MaxFloat64, 63},
		"the smallest at Prometheus's coarsest":      {-4, math.SmallestNonzeroFloat64, -68},
		"base 4: sixteen is the upper bound of 4^2":  {-1, 16, 1},
		"base 4: just above sixteen":                 {-1, math.Nextafter(16, 17), 2},
		"base 65536: one is the upper bound of 1":    {-4, 1, -1},
		"base 65536: everything up to 65536 is in 0": {-4, 65536, 0},
	} {
		assert.Equal(t, c.want, exponential.Index(c.scale, c.v), name)
	}
}

// positive draws any finite value above zero, powers of two and their neighbours
// often.
func positive() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		v := math.Float64frombits(rapid.Uint64Range(1, math.Float64bits(math.MaxFloat64)).Draw(t, "bits"))
		switch rapid.IntRange(0, 4).Draw(t, "sort") {
		case 0:
			v = math.Ldexp(1, rapid.IntRange(-1074, 1023).Draw(t, "exponent"))
		case 1:
			v = math.Nextafter(math.Ldexp(1, rapid.IntRange(-1073, 1023).Draw(t, "exponent")), 0)
		case 2:
			at := rapid.Int32Range(-1022*256, 1023*256).Draw(t, "bound")
			v = exponential.Bound(exponential.MaxScale, at)
		case 3:
			v = math.Nextafter(math.Ldexp(1, rapid.IntRange(-1074, 1023).Draw(t, "exponent")), math.Inf(1))
		}
		return v
	})
}

func TestEachValueIsWithinTheBoundsOfItsBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := positive().Draw(t, "v")
		scale := rapid.IntRange(exponential.MinScale, exponential.MaxScale).Draw(t, "scale")
		i := exponential.Index(scale, v)
		if low, high := exponential.Bound(scale, i), exponential.Bound(scale, i+1); !(low < v && v <= high) {
			t.Fatalf("%v is in bucket %d of scale %d, which is (%v, %v]", v, i, scale, low, high)
		}
		if scale < exponential.MaxScale {
			if finer := exponential.Index(scale+1, v); finer>>1 != i {
				t.Fatalf("%v is in bucket %d of scale %d, and in %d of the next", v, i, scale, finer)
			}
		}
	})
}

func TestBoundsBeyondAllValues(t *testing.T) {
	const top = 1024 << exponential.MaxScale
	assert.Equal(t, math.Inf(1), exponential.Bound(8, top))
	assert.Equal(t, math.Inf(1), exponential.Bound(8, top+1))
	assert.Equal(t, math.Inf(1), exponential.Bound(0, 1024))
	assert.Less(t, exponential.Bound(8, top-1), math.MaxFloat64)
	assert.Equal(t, math.SmallestNonzeroFloat64, exponential.Bound(0, -1074))
	assert.Zero(t, exponential.Bound(0, -1075))
	assert.Zero(t, exponential.Bound(8, -1074<<exponential.MaxScale-1))
	assert.Zero(t, exponential.Bound(-11, -1))
}
