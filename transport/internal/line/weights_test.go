package line_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
)

func summary(count float64, weights ...float64) *transport.Summary {
	s := &transport.Summary{Count: count}
	for i, w := range weights {
		s.Samples = append(s.Samples, transport.Sample{Value: float64(i), Weight: w})
	}
	return s
}

func at(offset float64) func() float64 { return func() float64 { return offset } }

func TestWeigh(t *testing.T) {
	notAsked := func() float64 { panic("whole weights need no offset") }
	for _, c := range []struct {
		name   string
		sum    *transport.Summary
		offset func() float64
		want   []line.Copies
	}{
		{"whole weights stay", summary(6, 1, 2, 3), notAsked, []line.Copies{{0, 1}, {1, 2}, {2, 3}}},
		{"equal weights come together, values in order", summary(6, 2, 1, 2, 1), notAsked, []line.Copies{{1, 1}, {3, 1}, {0, 2}, {2, 2}}},
		{"a count that is not set", summary(0, 1, 2), notAsked, []line.Copies{{0, 1}, {1, 2}}},
		{"a count that is off by the rounding of floats", summary(3+1e-12, 1, 2), notAsked, []line.Copies{{0, 1}, {1, 2}}},
		{"less than 1 is 1", summary(2, 0.1, 1), notAsked, []line.Copies{{0, 1}, {1, 1}}},
		{"halves, from the beginning", summary(3, 1.5, 1.5), at(0), []line.Copies{{0, 1}, {1, 2}}},
		{"halves, from the middle", summary(3, 1.5, 1.5), at(0.5), []line.Copies{{1, 1}, {0, 2}}},
		{"thirds that do not add up to a whole in floats", summary(10, 10.0/3, 10.0/3, 10.0/3), at(0), []line.Copies{{0, 3}, {1, 3}, {2, 4}}},
		{"observations without samples are spread", summary(6, 1, 1, 1), at(0), []line.Copies{{0, 2}, {1, 2}, {2, 2}}},
		{"and not evenly if they cannot be", summary(4, 1, 1, 1), at(0), []line.Copies{{0, 1}, {1, 1}, {2, 2}}},
		{"ends that were not kept", &transport.Summary{Count: 9, Min: -5, Max: 50, Samples: []transport.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 5}, {Value: 3, Weight: 3}}}, notAsked,
			[]line.Copies{{1, 1}, {-5, 1}, {50, 1}, {3, 2}, {2, 4}}},
		{"an end that was kept", &transport.Summary{Count: 5, Min: 1, Max: 9, Samples: []transport.Sample{{Value: 1, Weight: 3}, {Value: 2, Weight: 2}}}, notAsked,
			[]line.Copies{{2, 1}, {9, 1}, {1, 3}}},
		{"ends without a weight to take", &transport.Summary{Count: 2, Min: 0, Max: 9, Samples: []transport.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 1}}}, notAsked,
			[]line.Copies{{1, 1}, {2, 1}}},
		{"ends that cannot be", &transport.Summary{Count: 4, Max: 1, Samples: []transport.Sample{{Value: 1, Weight: 2}, {Value: 2, Weight: 2}}}, notAsked,
			[]line.Copies{{1, 2}, {2, 2}}},
		{"nothing at all", summary(0), notAsked, nil},
		{"two observations without samples: their mean", &transport.Summary{Count: 2, Sum: 6, Min: 2, Max: 4}, notAsked, []line.Copies{{3, 2}}},
		{"more: both ends and a mean", &transport.Summary{Count: 10, Sum: 60, Min: 2, Max: 10}, notAsked, []line.Copies{{2, 1}, {10, 1}, {6, 8}}},
		{"a sum beyond the finite", &transport.Summary{Count: 4, Sum: math.MaxFloat64, Min: -math.MaxFloat64, Max: 1}, notAsked, []line.Copies{{1, 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Empty(t, line.Unfit(c.sum))
			var w line.Weigher
			assert.Equal(t, c.want, append([]line.Copies(nil), w.Weigh(c.sum, c.offset)...))
		})
	}
}

func TestUnfit(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, sum := range map[string]*transport.Summary{
		"none at all":                    nil,
		"a value that is no number":      {Samples: []transport.Sample{{Value: nan, Weight: 1}}},
		"a weight that is no number":     {Samples: []transport.Sample{{Value: 1, Weight: nan}}},
		"an infinite weight":             {Samples: []transport.Sample{{Value: 1, Weight: inf}}},
		"weights beyond whole numbers":   {Samples: []transport.Sample{{Value: 1, Weight: 1e300}, {Value: 2, Weight: 1e300}}},
		"a count beyond whole numbers":   {Count: 1e300, Samples: []transport.Sample{{Value: 1, Weight: 1}}},
		"a count that is no number":      {Count: nan, Samples: []transport.Sample{{Value: 1, Weight: 1}}},
		"no samples, and a sum as bad":   {Count: 3, Sum: inf},
		"no samples, and a minimum, too": {Count: 3, Min: nan},
		"an infinite end":                {Count: 1, Max: inf, Samples: []transport.Sample{{Value: 1, Weight: 1}}},
		"a count below 0":                {Count: -1, Samples: []transport.Sample{{Value: 1, Weight: 1}}},
		"a weight below 0":               {Count: 1, Samples: []transport.Sample{{Value: 1, Weight: -1}, {Value: 2, Weight: 2}}},
		"samples that stand for nothing": {Count: 1, Samples: []transport.Sample{{Value: 1}}},
		"samples that are not sorted":    {Count: 2, Samples: []transport.Sample{{Value: 2, Weight: 1}, {Value: 1, Weight: 1}}},
		"more than a line can carry":     {Count: 1 << 51, Samples: []transport.Sample{{Value: 1, Weight: 1}}},
		"weights beyond a line":          {Count: 1, Samples: []transport.Sample{{Value: 1, Weight: 1 << 51}}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.NotEmpty(t, line.Unfit(sum))
			if sum != nil {
				var w line.Weigher
				assert.NotPanics(t, func() { w.Weigh(sum, at(0.5)) })
			}
		})
	}
	assert.Equal(t, string(transport.ReasonUnsupported), line.Unfit(nil))
}

// The total is within 1 of the exact one, and so is each weight of its own.
func TestTotalsComeOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(1, 1000), 1, 50).Draw(t, "weights")
		exact := 0.0
		for _, w := range weights {
			exact += w
		}
		scale := rapid.SampledFrom([]float64{1, 1, 1.25, 7}).Draw(t, "scale")
		count := exact * scale
		if rapid.Bool().Draw(t, "whole count") {
			count = math.Ceil(count)
		}
		scale = count / exact
		var w line.Weigher
		total, n := int64(0), 0
		for _, c := range w.Weigh(summary(count, weights...), at(rapid.Float64Range(0, 0.999).Draw(t, "offset"))) {
			total += c.Weight
			n++
			require.InDelta(t, weights[int(c.Value)]*scale, float64(c.Weight), 1.0001)
			require.GreaterOrEqual(t, c.Weight, int64(1))
		}
		require.Equal(t, len(weights), n, "each sample leaves")
		require.InDelta(t, count, float64(total), 1.0001)
		if count == math.Trunc(count) {
			require.Equal(t, int64(count), total)
		}
	})
}

// Over many points each weight is right on average, and so is the total.
func TestWeightsAreRightOnAverage(t *testing.T) {
	const points = 20_000
	rng := rand.New(rand.NewPCG(1, 2))
	sum := summary(1.2+2.5+3.9, 1.2, 2.5, 3.9)
	var totals [3]float64
	var w line.Weigher
	for range points {
		for _, c := range w.Weigh(sum, rng.Float64) {
			totals[int(c.Value)] += float64(c.Weight)
		}
	}
	for i, s := range sum.Samples {
		// The standard deviation of one rounding is at most 0.5.
		assert.InDelta(t, s.Weight, totals[i]/points, 5*0.5/math.Sqrt(points))
	}
}
