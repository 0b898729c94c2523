package rollup_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

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
