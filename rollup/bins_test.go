package rollup_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

func sketching(limit int) *rollup.Bucket {
	return rollup.NewBucket(rollup.Limits{Distribution: limit, Bins: true}, rand.New(rand.NewPCG(1, 2)))
}

// anyValue draws from all powers of two, of either sign, and zero.
func anyValue() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		return rapid.SampledFrom([]float64{0, 1, -1}).Draw(t, "sign") *
			math.Ldexp(rapid.Float64Range(1, 2).Draw(t, "mantissa"), rapid.IntRange(-1020, 1022).Draw(t, "exponent"))
	})
}

// A long distribution keeps the weight of all values, and each at a place at most
// 0.8 % from its own, however its parts were merged.
func TestALongDistributionIsASketch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 64).Draw(t, "limit")
		b := sketching(limit)
		var all []float64
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			values := rapid.SliceOfN(anyValue(), 1, 200).Draw(t, "values")
			all = append(all, values...)
			part := sketching(limit)
			assert.Zero(t, part.AddValues(3, 5, values, 2), "nothing is left out")
			b.Merge(part, 3, 5)
		}
		slices.Sort(all)

		s, samples := b.Summary(3, 5), b.Samples(3, 5)
		assert.Equal(t, 2*float64(len(all)), s.Count())
		assert.Equal(t, all[0], s.Min())
		assert.Equal(t, all[len(all)-1], s.Max())
		assert.True(t, slices.IsSortedFunc(samples, func(x, y rollup.Sample) int {
			return int(math.Copysign(1, x.Value-y.Value))
		}))
		i := 0
		for _, x := range samples {
			for range int(x.Weight / 2) {
				assert.LessOrEqual(t, math.Abs(x.Value-all[i]), math.Abs(all[i])/128, "value %d", i)
				i++
			}
		}
		assert.Equal(t, len(all), i, "the weights add up")
	})
}

func TestASketchStaysWithinItsBound(t *testing.T) {
	b, rng := sketching(4096), rand.New(rand.NewPCG(3, 4))
	values := make([]float64, 1000)
	for range 300 {
		for i := range values {
			values[i] = rng.ExpFloat64() * 100
		}
		b.AddValues(0, 0, values, 1)
	}
	assert.LessOrEqual(t, len(b.Samples(0, 0)), 4096)
	assert.Equal(t, 300_000.0, b.Summary(0, 0).Count())
	assert.InEpsilon(t, -100*math.Log(0.01), rollup.Percentile(b.Samples(0, 0), 990_000), 0.02)

	short := sketching(4096)
	short.AddValues(0, 0, []float64{1.001, 1.002}, 1)
	assert.Equal(t, []rollup.Sample{{Value: 1.001, Weight: 1}, {Value: 1.002, Weight: 1}}, short.Samples(0, 0), "a short one is exact")
}

// A percentile of a sketch is not above the largest value nor below the smallest: a
// dashboard that shows both would show what cannot be.
func TestASketchStaysBetweenMinAndMax(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 16).Draw(t, "limit")
		b := sketching(limit)
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			part := sketching(limit)
			part.AddValues(0, 0, rapid.SliceOfN(anyValue(), 1, 60).Draw(t, "values"), 1)
			b.Merge(part, 0, 0)
			s, samples := b.Summary(0, 0), b.Samples(0, 0)
			assert.GreaterOrEqual(t, samples[0].Value, s.Min())
			assert.LessOrEqual(t, samples[len(samples)-1].Value, s.Max())
			assert.True(t, slices.IsSortedFunc(samples, func(x, y rollup.Sample) int {
				return int(math.Copysign(1, x.Value-y.Value))
			}))
		}
	})
}

// However a sketch was merged, and whatever its bound has grown to, it has no more
// samples than there are bins at the coarsest rounding, and as many unrounded ones as
// were added since.
func TestABoundOfASketchThatGrew(t *testing.T) {
	const powers, perPower = 100, 200
	wide := func() *rollup.Bucket {
		b := sketching(64)
		for p := range powers {
			values := make([]float64, perPower)
			for i := range values {
				values[i] = math.Ldexp(1+float64(i)/perPower, p)
			}
			b.AddValues(0, 0, values, 1)
		}
		return b
	}
	b := sketching(64)
	for range 20 {
		b.Merge(wide(), 0, 0)
	}
	most := 2 * 64 * powers // bins, and as many again before they are made of what is new
	assert.LessOrEqual(t, len(b.Samples(0, 0)), most)
	weight := 0.0
	for _, s := range b.Samples(0, 0) {
		weight += s.Weight
	}
	assert.Equal(t, 20.0*powers*perPower, weight)
	b.Reset()
	b.AddValues(0, 0, []float64{1, 2}, 1)
	for range 100 {
		b.AddValues(0, 0, []float64{3}, 1)
	}
	assert.LessOrEqual(t, len(b.Samples(0, 0)), 64, "the bound of one series is not that of the next in its place")
}

// A subnormal value is no more than the smallest normal one off, and ends at 0 or at
// the edge of what there was.
func TestTheSmallestAndTheLargest(t *testing.T) {
	b := sketching(2)
	values := []float64{math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0, math.Copysign(0, -1)}
	b.AddValues(0, 0, values, 1)
	weight := 0.0
	for _, s := range b.Samples(0, 0) {
		assert.False(t, math.IsInf(s.Value, 0) || math.IsNaN(s.Value))
		weight += s.Weight
	}
	assert.Equal(t, 6.0, weight)
}
