package rollup_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

func TestNearestRank(t *testing.T) {
	// With the values 0, 1, 2, … of equal weight the percentile is its own index,
	// ⌈p·n⌉−1.
	for _, c := range []struct {
		n    int
		p    float64
		want float64
	}{
		{1, 0.5, 0}, {1, 0.999, 0},
		{2, 0.5, 0}, {2, 0.51, 1},
		{4, 0.5, 1}, {5, 0.5, 2},
		{10, 0.95, 9}, {10, 0.9, 8}, {10, 0.1, 0}, {10, 0.100001, 1},
		{20, 0.95, 18}, // in floats, 0.95·20 is more than 19
		{100, 0.95, 94}, {100, 0.99, 98}, {100, 0.07, 6}, {100, 0.29, 28},
		{1000, 0.999, 998}, {1000, 0.000001, 0}, {1000, 0.999999, 999},
	} {
		var samples []rollup.Sample
		for i := range c.n {
			samples = append(samples, rollup.Sample{Value: float64(i), Weight: 2.5})
		}
		assert.Equal(t, c.want, rollup.Percentile(samples, rollup.ToPPM(c.p)), "%v of %d", c.p, c.n)
	}
}

func TestWeightedRank(t *testing.T) {
	samples := []rollup.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 8}, {Value: 3, Weight: 1}}
	for p, want := range map[float64]float64{0.1: 1, 0.100001: 2, 0.5: 2, 0.9: 2, 0.900001: 3, 0.99: 3} {
		assert.Equal(t, want, rollup.Percentile(samples, rollup.ToPPM(p)), "%v", p)
	}
}

// A sample of weight w counts like w samples.
func TestPercentilesOfWholeWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 50).Draw(t, "weights")
		p := rollup.PPM(rapid.Int64Range(1, int64(rollup.Million)-1).Draw(t, "p"))
		var samples []rollup.Sample
		var all []float64
		for i, w := range weights {
			samples = append(samples, rollup.Sample{Value: float64(i / 2), Weight: float64(w)})
			for range w {
				all = append(all, float64(i/2))
			}
		}
		rank := (len(all)*int(p) + 999_999) / 1_000_000
		assert.Equal(t, all[rank-1], rollup.Percentile(samples, p))
	})
}

func TestPercentileNames(t *testing.T) {
	for p, want := range map[float64]string{
		0.95: "95percentile", 0.99: "99percentile", 0.999: "99_9percentile", 0.5: "50percentile", 0.07: "7percentile",
		0.29: "29percentile", 0.125: "12_5percentile", 0.99999: "99_999percentile", 0.000001: "0_0001percentile",
	} {
		assert.Equal(t, want, rollup.PercentileName(rollup.ToPPM(p)))
	}
}

// No two of the million percentiles that can be told apart have one name.
func TestPercentileNamesDiffer(t *testing.T) {
	names := make([]string, 0, rollup.Million-1)
	for p := rollup.PPM(1); p < rollup.Million; p++ {
		names = append(names, rollup.PercentileName(p))
	}
	slices.Sort(names)
	assert.Len(t, slices.Compact(names), int(rollup.Million)-1)
}

// The indices of datadogpy for n samples, seen by running it.
func TestPercentilesOfThreadStats(t *testing.T) {
	for n, want := range map[int][4]float64{
		1: {0, 0, 0, 0}, 2: {0, 1, 1, 1}, 3: {1, 2, 2, 2}, 4: {2, 2, 3, 3}, 5: {3, 3, 4, 4}, 6: {4, 4, 5, 5},
		7: {4, 5, 6, 6}, 8: {5, 6, 7, 7}, 9: {6, 7, 8, 8}, 10: {6, 8, 8, 9}, 11: {7, 8, 9, 10}, 12: {8, 9, 10, 11},
		20: {14, 16, 18, 19}, 30: {22, 24, 28, 29}, 40: {29, 33, 37, 39}, 50: {36, 42, 46, 48}, 99: {73, 83, 93, 97},
		100: {74, 84, 94, 98}, 101: {75, 85, 95, 99}, 200: {149, 169, 189, 197}, 999: {748, 848, 948, 988},
		1000: {749, 849, 949, 989},
	} {
		var samples []rollup.Sample
		for i := range n {
			samples = append(samples, rollup.Sample{Value: float64(i), Weight: 1})
		}
		for i, p := range []float64{0.75, 0.85, 0.95, 0.99} {
			assert.Equal(t, want[i], rollup.PercentileThreadStats(samples, rollup.ToPPM(p)), "%v of %d", p, n)
		}
	}
}

// A sample of weight w counts like w samples there, too.
func TestPercentilesOfThreadStatsOfWholeWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 50).Draw(t, "weights")
		p := rollup.PPM(rapid.Int64Range(1, int64(rollup.Million)-1).Draw(t, "p"))
		var heavy, single []rollup.Sample
		for i, w := range weights {
			heavy = append(heavy, rollup.Sample{Value: float64(i / 2), Weight: float64(w)})
			for range w {
				single = append(single, rollup.Sample{Value: float64(i / 2), Weight: 1})
			}
		}
		assert.Equal(t, rollup.PercentileThreadStats(single, p), rollup.PercentileThreadStats(heavy, p))
	})
}
