package exponential_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
)

func sorted(samples []transport.Sample) []transport.Sample {
	slices.SortFunc(samples, func(x, y transport.Sample) int {
		switch {
		case x.Value < y.Value:
			return -1
		case x.Value > y.Value:
			return 1
		}
		return 0
	})
	return samples
}

// values draws values of both signs, sorted, either of any size or of a usual one.
func values(weight *rapid.Generator[float64]) *rapid.Generator[[]transport.Sample] {
	return rapid.Custom(func(t *rapid.T) []transport.Sample {
		wide := rapid.Bool().Draw(t, "wide")
		return sorted(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) transport.Sample {
			v := 0.0
			switch {
			case rapid.IntRange(0, 9).Draw(t, "zero") == 0:
			case wide:
				v = positive().Draw(t, "v")
			default:
				v = rapid.Float64Range(1e-3, 1e3).Draw(t, "v")
			}
			if rapid.IntRange(0, 3).Draw(t, "negative") == 0 {
				v = -v
			}
			return transport.Sample{Value: v, Weight: weight.Draw(t, "weight")}
		}), 0, 50).Draw(t, "samples"))
	})
}

func whole() *rapid.Generator[float64] {
	return rapid.Map(rapid.IntRange(0, 1000), func(n int) float64 { return float64(n) })
}

func span(b []exponential.Bucket) int {
	if len(b) == 0 {
		return 0
	}
	return int(b[len(b)-1].Index) - int(b[0].Index) + 1
}

func total(samples []transport.Sample) (sum float64) {
	for _, s := range samples {
		sum += s.Weight
	}
	return sum
}

func TestBuildCountsEverySampleInItsBucketAndKeepsTheLimit(t *testing.T) {
	var h exponential.Histogram // one for all: nothing of the last may show
	rapid.Check(t, func(t *rapid.T) {
		samples := values(whole()).Draw(t, "samples")
		limit := rapid.IntRange(2, 300).Draw(t, "limit")
		h.Build(samples, limit)

		positive, negative, zero := map[int32]float64{}, map[int32]float64{}, 0.0
		for _, s := range samples {
			switch {
			case s.Weight == 0:
			case s.Value > 0:
				positive[exponential.Index(h.Scale, s.Value)] += s.Weight
			case s.Value < 0:
				negative[exponential.Index(h.Scale, -s.Value)] += s.Weight
			default:
				zero += s.Weight
			}
		}
		assert.Equal(t, zero, h.Zero)
		for _, side := range []struct {
			want map[int32]float64
			got  []exponential.Bucket
		}{{positive, h.Positive}, {negative, h.Negative}} {
			got := map[int32]float64{}
			for i, b := range side.got {
				got[b.Index] = b.Count
				assert.True(t, i == 0 || side.got[i-1].Index < b.Index, "indexes ascend")
			}
			assert.Equal(t, side.want, got)
			assert.LessOrEqual(t, span(side.got), limit)
		}
		assert.Equal(t, total(samples), h.Total())
		assert.True(t, h.Whole())
		if limit >= 132 {
			assert.GreaterOrEqual(t, h.Scale, -4)
		}
	})
}

func TestScaleIsTheLargestThatFits(t *testing.T) {
	var h exponential.Histogram
	build := func(limit int, values ...float64) int {
		var samples []transport.Sample
		for _, v := range values {
			samples = append(samples, transport.Sample{Value: v, Weight: 1})
		}
		h.Build(sorted(samples), limit)
		return h.Scale
	}
	assert.Equal(t, 8, build(2))
	assert.Equal(t, 8, build(2, 0))
	assert.Equal(t, 8, build(2, 7))
	assert.Equal(t, 8, build(2, -math.MaxFloat64))
	assert.Equal(t, 8, build(256, 1.001, 2), "(1, 2] has 256 buckets")
	assert.Equal(t, 7, build(255, 1.001, 2))
	assert.Equal(t, 7, build(256, 1, 2), "1 is the last of the buckets below")
	assert.Equal(t, 7, build(255, -1.001, -2, 5), "the wider side decides")
	assert.Equal(t, -11, build(2, math.SmallestNonzeroFloat64, math.MaxFloat64))
	assert.Equal(t, -4, build(132, math.SmallestNonzeroFloat64, math.MaxFloat64))
}

// merged returns the buckets of x and y together, at the coarser of their scales.
func merged(scale int, histograms ...exponential.Histogram) (zero float64, positive, negative map[int32]float64) {
	positive, negative = map[int32]float64{}, map[int32]float64{}
	for _, h := range histograms {
		zero += h.Zero
		for _, b := range h.Positive {
			positive[b.Index>>(h.Scale-scale)] += b.Count
		}
		for _, b := range h.Negative {
			negative[b.Index>>(h.Scale-scale)] += b.Count
		}
	}
	return zero, positive, negative
}

// What a backend does with the histograms of two hosts gives that of the union.
func TestTwoHistogramsMergeToThatOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := values(whole()).Draw(t, "a"), values(whole()).Draw(t, "b")
		limit := rapid.IntRange(2, 5000).Draw(t, "limit")
		var x, y, union exponential.Histogram
		x.Build(a, limit)
		y.Build(b, limit)
		union.Build(sorted(slices.Concat(a, b)), limit)
		assert.LessOrEqual(t, union.Scale, min(x.Scale, y.Scale))
		zero, positive, negative := merged(union.Scale, x, y)
		wantZero, wantPositive, wantNegative := merged(union.Scale, union)
		assert.Equal(t, wantZero, zero)
		assert.Equal(t, wantPositive, positive)
		assert.Equal(t, wantNegative, negative)
	})
}

func TestRoundKeepsTheTotalAndEveryRankWithinOne(t *testing.T) {
	var h exponential.Histogram
	rapid.Check(t, func(t *rapid.T) {
		samples := values(rapid.Float64Range(0, 50)).Draw(t, "samples")
		limit := rapid.IntRange(2, 5000).Draw(t, "limit")
		offset := rapid.Float64Range(0, 0.999999).Draw(t, "offset")
		count := total(samples) * rapid.SampledFrom([]float64{1, 1, 1.5, 3}).Draw(t, "more")
		var exact exponential.Histogram
		exact.Build(samples, limit)
		exact.Stretch(count)
		assert.InDelta(t, count, exact.Total(), count*1e-12)

		h.Build(samples, limit)
		sum := h.Round(count, offset)
		assert.True(t, h.Whole())
		assert.Equal(t, sum, h.Total())
		if exact.Total() > 0 {
			assert.Equal(t, math.Floor(count+offset), sum)
		}
		// By bound, since buckets that became empty are gone.
		got, want := ranks(&h), ranks(&exact)
		for _, s := range samples {
			assert.InDelta(t, want(s.Value), got(s.Value), 1+1e-9, "rank of %v", s.Value)
		}
		for _, b := range slices.Concat(h.Positive, h.Negative) {
			assert.Positive(t, b.Count)
		}
	})
}

// ranks returns how many of h are in the bucket of v or below.
func ranks(h *exponential.Histogram) func(v float64) float64 {
	return func(v float64) (n float64) {
		for _, b := range h.Negative {
			if v >= 0 || b.Index >= exponential.Index(h.Scale, -v) {
				n += b.Count
			}
		}
		if v >= 0 {
			n += h.Zero
		}
		for _, b := range h.Positive {
			if v > 0 && b.Index <= exponential.Index(h.Scale, v) {
				n += b.Count
			}
		}
		return n
	}
}

func TestRoundIsRightOnAverage(t *testing.T) {
	samples := []transport.Sample{{Value: -4, Weight: 0.3}, {Value: 0, Weight: 1.25}, {Value: 3, Weight: 0.05}, {Value: 9, Weight: 7.5}}
	const steps = 1000
	var h exponential.Histogram
	sums := map[string]float64{}
	for i := range steps {
		h.Build(samples, 100)
		sums["all"] += h.Round(9.1, (float64(i)+0.5)/steps)
		sums["0"] += h.Zero
		for _, b := range h.Negative {
			sums["-4"] += b.Count
		}
		for _, b := range h.Positive {
			if b.Index == exponential.Index(h.Scale, 3) {
				sums["3"] += b.Count
			} else {
				sums["9"] += b.Count
			}
		}
	}
	for name, want := range map[string]float64{"all": 9.1, "-4": 0.3, "0": 1.25, "3": 0.05, "9": 7.5} {
		assert.InDelta(t, want, sums[name]/steps, 2.0/steps, name)
	}
}

// The sum of the stretched counts is not exactly the total, in floats.
func TestRoundKeepsTheTotalWhateverFloatsSay(t *testing.T) {
	var h exponential.Histogram
	for n := 2; n < 300; n++ {
		for _, sign := range []float64{1, -1} {
			var samples []transport.Sample
			for i := range n {
				samples = append(samples, transport.Sample{Value: sign * float64(i+1), Weight: 0.1})
			}
			samples = append(samples, transport.Sample{Value: 1e6, Weight: 1e-17})
			sorted(samples)
			for _, total := range []float64{7, 1e9, math.Nextafter(7, 0), math.Nextafter(1e9, 0)} {
				h.Build(samples, 10_000)
				require.Equal(t, math.Floor(total), h.Round(total, 0), "%d counts", n)
				require.Equal(t, math.Floor(total), h.Total(), "%d counts", n)
				for _, b := range slices.Concat(h.Positive, h.Negative) {
					require.Positive(t, b.Count, "%d counts", n)
				}
			}
		}
	}
}

func TestRoundLeavesWholeCountsAlone(t *testing.T) {
	samples := []transport.Sample{{Value: -4, Weight: 3}, {Value: 0, Weight: 1}, {Value: 9, Weight: 1 << 52}}
	var h, want exponential.Histogram
	want.Build(samples, 100)
	h.Build(samples, 100)
	for _, offset := range []float64{0, 0.5, 0.999} {
		require.Equal(t, float64(4+1<<52), h.Round(4+1<<52, offset))
		require.Equal(t, want, h)
	}
	h.Build(nil, 100)
	require.Zero(t, h.Round(17, 0.5), "there is nothing to stretch")
	require.Zero(t, h.Total())
}

// quantile reads h as a backend would: the middle of the bucket, by ratio, that
// the rank falls into.
func quantile(h *exponential.Histogram, q float64) float64 {
	rank := max(1, math.Ceil(q*h.Total()))
	middle := func(i int32) float64 {
		return exponential.Bound(h.Scale, i) * math.Exp2(math.Exp2(-float64(h.Scale))/2)
	}
	seen := 0.0
	for _, b := range slices.Backward(h.Negative) {
		if seen += b.Count; seen >= rank {
			return -middle(b.Index)
		}
	}
	if seen += h.Zero; seen >= rank {
		return 0
	}
	for _, b := range h.Positive {
		if seen += b.Count; seen >= rank {
			return middle(b.Index)
		}
	}
	return math.NaN()
}

func TestQuantilesAreWithinTheBoundOfTheScale(t *testing.T) {
	var h exponential.Histogram
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		samples := make([]transport.Sample, n)
		for i := range samples {
			samples[i] = transport.Sample{Value: rapid.Float64Range(-1e3, 1e6).Draw(t, "v"), Weight: 1}
			if math.Abs(samples[i].Value) < 1e-6 {
				samples[i].Value = 0
			}
		}
		sorted(samples)
		h.Build(samples, rapid.SampledFrom([]int{160, 1024, 4096, 16384}).Draw(t, "limit"))
		bound := math.Exp2(math.Exp2(-float64(h.Scale))/2) - 1
		for _, q := range []float64{0, 0.25, 0.5, 0.75, 0.95, 0.99, 1} {
			exact := samples[max(0, int(math.Ceil(q*float64(n)))-1)].Value
			assert.InDelta(t, exact, quantile(&h, q), math.Abs(exact)*bound*(1+1e-9), "quantile %v at scale %d", q, h.Scale)
		}
	})
	assert.InDelta(t, 0.00135, math.Exp2(1.0/512)-1, 0.00001, "0.14 %% at scale 8, as the doc says")
}
