package rollup_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestTotals(t *testing.T) {
	var count rollup.Total
	b := newBucket()
	b.AddCount(0, 0, 3, 0.5)
	require.True(t, count.Add(b, 0, 0, false))
	require.True(t, count.Add(b, 0, 0, false))
	assert.Equal(t, 7.0, count.Value())
	b.AddCount(0, 0, 0, math.MaxFloat64)
	require.True(t, count.Add(b, 0, 0, false))
	assert.False(t, count.Add(b, 0, 0, false), "it would not be finite")
	assert.Equal(t, math.MaxFloat64, count.Value(), "and it is as it was")

	var h rollup.Total
	b.Observe(1, 0, 0, 2, 1)
	b.Observe(1, 0, 0, 4, 2.5)
	require.True(t, h.Add(b, 1, 0, false))
	require.True(t, h.Add(b, 1, 0, false))
	assert.Equal(t, 7.0, h.Count())
	assert.Equal(t, 24.0, h.Sum())
	assert.Empty(t, h.Samples(), "only those of a distribution are kept")
	b.Observe(2, 0, 0, math.MaxFloat64, 1)
	var full rollup.Total
	require.True(t, full.Add(b, 2, 0, true))
	assert.False(t, full.Add(b, 2, 0, true))
	assert.Equal(t, 1.0, full.Count())
	assert.Len(t, full.Samples(), 1)
}

// A backend takes a bin whose count falls for a restart: once there, a value never
// leaves its bin, whatever else is added.
func TestTheBinsOfATotalOnlyGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var total rollup.Total
		before := map[float64]float64{}
		n := 0
		for range 8 {
			b := rollup.NewBucket(rollup.Limits{Distribution: 1000}, rand.New(rand.NewPCG(1, 2)))
			values := rapid.SliceOfN(rapid.Float64Range(-1e4, 1e4), 1, 100).Draw(t, "values")
			n += len(values)
			b.AddValues(0, 0, values, 1)
			require.True(t, total.Add(b, 0, 0, true))
			now := map[float64]float64{}
			sum := 0.0
			for _, s := range total.Samples() {
				now[s.Value] += s.Weight
				sum += s.Weight
			}
			assert.Equal(t, float64(n), sum)
			for value, weight := range before {
				assert.GreaterOrEqual(t, now[value], weight, "at %v", value)
			}
			before = now
		}
	})
}

// Values are often whole: a power of two is in the bin below it, as it is in the bucket
// below it of every backend, and stays on its side of a bound that it is on.
func TestABinIncludesItsUpperBound(t *testing.T) {
	for exponent := -20; exponent <= 20; exponent++ {
		bound := math.Ldexp(1, exponent)
		for _, v := range []float64{bound, -bound, math.Nextafter(bound, math.Inf(1))} {
			var total rollup.Total
			b := rollup.NewBucket(rollup.Limits{Distribution: 10}, rand.New(rand.NewPCG(1, 2)))
			b.AddValues(0, 0, []float64{v}, 1)
			require.True(t, total.Add(b, 0, 0, true))
			binned := total.Samples()[0].Value
			assert.Equal(t, math.Abs(v) <= bound, math.Abs(binned) <= bound, "%v becomes %v", v, binned)
			assert.InEpsilon(t, v, binned, 1.0/256)
		}
	}
}
