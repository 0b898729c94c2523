package datadog_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// sketchOf returns the sketch that sum goes as, of a series with a name.
func sketchOf(t require.TestingT, name string, sum *transport.Summary) *wireSketch {
	s := transport.Series{Name: name, Kind: transport.KindDistribution, Points: []transport.Point{{Unix: 100, Summary: sum}}}
	bodies, oversize := datadog.PackWith(datadog.Config{API: datadog.V2, Compression: datadog.None}, 62_914_560, 62_914_560, batch(s))
	require.Empty(t, oversize)
	require.Len(t, bodies, 1)
	series, err := readSketches(bodies[0].Bytes)
	require.NoError(t, err)
	return series[0].Points[0].sketch
}

func samples(pairs ...float64) (out []transport.Sample) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, transport.Sample{Value: pairs[i], Weight: pairs[i+1]})
	}
	return out
}

// The keys are those that Datadog's Agent has for these values.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		value float64
		key   int32
	}{
		{0, 0}, {1, 1338}, {-1, -1338}, {1e-9, 1}, {-1e-9, -1}, {0.9e-9, 0}, {math.SmallestNonzeroFloat64, 0}, {2, 1383}, {10, 1487},
		{math.MaxFloat64, math.MaxInt16}, {-math.MaxFloat64, -math.MaxInt16},
	} {
		got := sketchOf(t, "d", &transport.Summary{Count: 1, Samples: samples(c.value, 1)})
		assert.Equal(t, []int32{c.key}, got.keys, c.value)
		assert.Equal(t, []uint32{1}, got.counts, c.value)
	}
}

func TestBins(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     transport.Summary
		count  int64
		keys   []int32
		counts []uint32
	}{
		{"whole weights", transport.Summary{Count: 6, Samples: samples(-1, 1, 1, 2, 2, 3)}, 6, []int32{-1338, 1338, 1383}, []uint32{1, 2, 3}},
		{"values of one bin", transport.Summary{Count: 3, Samples: samples(1, 1, 1.001, 1, 1.002, 1)}, 3, []int32{1338}, []uint32{3}},
		{"a weight below 1 is 1", transport.Summary{Count: 2, Samples: samples(1, 0.1, 2, 1)}, 2, []int32{1338, 1383}, []uint32{1, 1}},
		{"a full bin", transport.Summary{Count: 65_535, Samples: samples(1, 65_535)}, 65_535, []int32{1338}, []uint32{65_535}},
		{"more than a bin holds", transport.Summary{Count: 131_071, Samples: samples(1, 131_071)}, 131_071, []int32{1338, 1338, 1338}, []uint32{1, 65_535, 65_535}},
		{"observations that were counted only", transport.Summary{Count: 10, Samples: samples(1, 1, 2, 1)}, 10, []int32{1338, 1383}, []uint32{5, 5}},
		{"made by hand, without a count", transport.Summary{Samples: samples(1, 2, 2, 1)}, 3, []int32{1338, 1383}, []uint32{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sketchOf(t, "d", &c.in)
			assert.Equal(t, c.count, got.count)
			assert.Equal(t, c.keys, got.keys)
			assert.Equal(t, c.counts, got.counts)
		})
	}
}

func TestTotalsOfSketches(t *testing.T) {
	got := sketchOf(t, "d", &transport.Summary{Count: 4, Sum: 11, Min: 0.5, Max: 7, Samples: samples(1, 2, 2, 2)})
	assert.Equal(t, [4]float64{0.5, 7, 11, 11.0 / 4}, [4]float64{got.min, got.max, got.sum, got.avg}, "those of the Summary, not of its samples")
	got = sketchOf(t, "d", &transport.Summary{Samples: samples(1, 2, 4, 1)})
	assert.Equal(t, [4]float64{1, 4, 6, 2}, [4]float64{got.min, got.max, got.sum, got.avg}, "made by hand: those of the samples")
}

// Weights that are not whole are rounded together: the count is exact if it is whole,
// and each value is there.
func TestWeightsOfSketchesAreRoundedTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.OneOf(rapid.Float64Range(1, 50), rapid.SampledFrom([]float64{1, 2, 10.0 / 3, 1 / 0.3, 1 / 0.7}))
		weights := rapid.SliceOfN(weight, 1, 100).Draw(t, "weights")
		sum := &transport.Summary{}
		for i, w := range weights {
			sum.Samples = append(sum.Samples, transport.Sample{Value: math.Exp2(float64(i)), Weight: w})
			sum.Count += w
		}
		if rapid.Bool().Draw(t, "whole") {
			sum.Count = math.Ceil(sum.Count) // some were counted only
		}
		got := sketchOf(t, rapid.StringMatching("[a-z]{1,9}").Draw(t, "name"), sum)
		require.Len(t, got.keys, len(weights), "each value is there")
		if sum.Count == math.Trunc(sum.Count) {
			assert.Equal(t, int64(sum.Count), got.count)
		} else {
			assert.InDelta(t, sum.Count, got.count, 1)
		}
		for i, w := range weights {
			assert.InDelta(t, w*sum.Count/total(weights), got.counts[i], 1.001)
		}
	})
}

func total(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum
}

// However many bins there are, no more than 4,096 go out but for full ones, nothing is
// lost, and the large values stay where they are.
func TestTheLowestBinsBecomeOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, heavy := range []bool{false, true} {
		var sum transport.Summary
		for key := range 9000 {
			w := 1.0
			if heavy && key < 6000 {
				w = float64(1 + rng.IntN(40_000))
			}
			sum.Samples = append(sum.Samples, transport.Sample{Value: math.Pow(1+1.0/64, float64(key-1000)), Weight: w})
			sum.Count += w
		}
		got := sketchOf(t, "d", &sum)
		assert.Equal(t, int64(sum.Count), got.count) // the reader has compared it with the bins
		assert.True(t, slices.IsSorted(got.keys))
		full := 0
		for _, n := range got.counts {
			if n == 65_535 {
				full++
			}
		}
		assert.LessOrEqual(t, len(got.keys)-full, 4096)
		assert.Equal(t, heavy, full > 0)
		last := got.keys[len(got.keys)-4000:]
		for i, k := range last {
			require.Equal(t, int32(1338+9000-1000-4000+i), k)
		}
	}
}

func TestDistributionsThatAreNoSketch(t *testing.T) {
	sum := func(change func(*transport.Summary)) *transport.Summary {
		s := &transport.Summary{Count: 2, Sum: 3, Min: 1, Max: 2, Samples: samples(1, 1, 2, 1)}
		change(s)
		return s
	}
	for _, c := range []struct {
		name   string
		in     *transport.Summary
		reason string
	}{
		{"an infinite sum", sum(func(s *transport.Summary) { s.Sum = math.Inf(1) }), string(transport.ReasonBadValue)},
		{"a count that is not a number", sum(func(s *transport.Summary) { s.Count = math.NaN() }), string(transport.ReasonBadValue)},
		{"a sample that is not a number", sum(func(s *transport.Summary) { s.Samples[0].Value = math.NaN() }), string(transport.ReasonBadValue)},
		{"samples that are not sorted", sum(func(s *transport.Summary) { s.Samples = samples(2, 1, 1, 1) }), "its samples are not sorted"},
		{"more than fits", sum(func(s *transport.Summary) { s.Samples[1].Weight = 1e12 }), string(transport.ReasonTooLarge)},
		{"a count larger than fits", sum(func(s *transport.Summary) { s.Count = 1e12 }), string(transport.ReasonTooLarge)},
		{"a weight below 0", sum(func(s *transport.Summary) { s.Samples[1].Weight = -1 }), string(transport.ReasonBadValue)},
		{"no samples", sum(func(s *transport.Summary) { s.Samples = nil }), string(transport.ReasonUnsupported)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			dd := open(t, in.URL, wire{api: datadog.V2}.set)
			bad := transport.Series{Name: "d", Kind: transport.KindDistribution, Points: []transport.Point{{Unix: 1, Summary: c.in}}}
			se := failure(t, dd, batch(gauge("before", 1), bad, gauge("after", 2)))
			require.Equal(t, []int{1}, indexes(se))
			assert.Contains(t, se.Rejected[0].Reason, c.reason)
			assert.Equal(t, []string{"before", "after"}, in.names(), "its neighbours are delivered")
			assert.Equal(t, 3, se.Delivered)
		})
	}
}

// A million full bins, the largest sketch there is, fits into a request.
func TestTheLargestSketchFits(t *testing.T) {
	const count = 65_535 << 20
	in := newIntake(t)
	dd := open(t, in.URL, wire{api: datadog.V2}.set, func(c *datadog.Config) { c.Timeout = 2 * time.Minute })
	sum := &transport.Summary{Count: count, Samples: samples(math.MaxFloat64, count)}
	s := transport.Series{Name: "d", Kind: transport.KindDistribution, Points: []transport.Point{{Unix: 1, Summary: sum}}}
	require.NoError(t, dd.Send(t.Context(), batch(s)))
	assert.Equal(t, int64(count), in.got()[0].series[0].Points[0].sketch.count)
}
