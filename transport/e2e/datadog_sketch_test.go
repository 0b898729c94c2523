package e2e

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/DataDog/agent-payload/v5/gogen"
	"github.com/DataDog/datadog-agent/pkg/util/quantile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// sendSketches sends distributions and returns what arrives, one for each series.
func sendSketches(t *testing.T, cfg datadog.Config, series ...transport.Series) []gogen.SketchPayload_Sketch {
	t.Helper()
	cfg.API = datadog.V2
	dd, recorded := recordDatadog(t, cfg)
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Series: series}))
	bodies := recorded("/api/beta/sketches")
	require.Len(t, bodies, 1)
	var payload gogen.SketchPayload
	require.NoError(t, payload.Unmarshal(bodies[0]))
	require.Len(t, payload.Sketches, len(series))
	return payload.Sketches
}

func distributionOf(sums ...*transport.Summary) transport.Series {
	s := transport.Series{Name: "d", Kind: transport.KindDistribution}
	for i, sum := range sums {
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Summary: sum})
	}
	return s
}

// manyValues are lists that are hard in one way each.
func manyValues() map[string][]float64 {
	rng := rand.New(rand.NewPCG(3, 3))
	list := func(n int, value func() float64) (out []float64) {
		for range n {
			out = append(out, value())
		}
		return out
	}
	anyBits := func() float64 {
		for {
			if v := math.Float64frombits(rng.Uint64()); !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v
			}
		}
	}
	out := map[string][]float64{
		"one":                  {42},
		"zero":                 {0},
		"minus zero":           {math.Copysign(0, -1), 0},
		"the ends":             {-math.MaxFloat64, -math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64, math.MaxFloat64},
		"around the smallest":  list(2000, func() float64 { return 1e-9 * (0.97 + 0.06*rng.Float64()) }),
		"exponential":          list(5000, rng.ExpFloat64),
		"normal":               list(5000, rng.NormFloat64),
		"whole":                list(5000, func() float64 { return float64(rng.IntN(300) - 100) }),
		"all magnitudes":       list(60_000, anyBits),
		"more bins than fit":   list(60_000, func() float64 { return math.Exp(rng.Float64()*300 - 20) }),
		"one value, repeated":  slices.Repeat([]float64{3.5}, 200_000),
		"two, one bin is full": append(slices.Repeat([]float64{1}, 65_535), 2),
		"full to the last":     slices.Repeat([]float64{1}, 2*65_535),
		"many on the left":     append(slices.Repeat([]float64{-1e200}, 150_000), list(60_000, func() float64 { return math.Exp(rng.Float64()*500 - 20) })...),
	}
	// Neighbours of the bounds of bins: the middle, by ratio, of two powers of the growth.
	var bounds []float64
	for e := -1300; e < 20_000; e += 7 {
		v := math.Pow(1+1.0/64, float64(e)+0.5)
		bounds = append(bounds, v, math.Nextafter(v, 0), math.Nextafter(v, math.Inf(1)), -v)
	}
	out["at the bounds of bins"] = bounds
	return out
}

// Datadog adds up what its Agent and others send bin by bin, so ours have to be the
// same bins.
func TestDatadogSketchesHaveTheBinsOfTheAgent(t *testing.T) {
	for name, values := range manyValues() {
		t.Run(name, func(t *testing.T) {
			var want quantile.Sketch
			sorted := slices.Sorted(slices.Values(values))
			want.Insert(quantile.Default(), sorted...)
			keys, counts := want.Cols()

			sum := summarize(values)
			if math.IsInf(sum.Sum, 0) {
				sum.Sum = 0 // what it is does not matter here
			}
			got := sendSketches(t, datadog.Config{}, distributionOf(sum))[0].Dogsketches[0]
			require.Equal(t, keys, got.K)
			require.Equal(t, counts, got.N)
			assert.Equal(t, want.Basic.Cnt, got.Cnt)
			assert.Equal(t, want.Basic.Min, got.Min)
			assert.Equal(t, want.Basic.Max, got.Max)
			assert.Equal(t, sum.Sum, got.Sum)
			assert.Equal(t, sum.Sum/sum.Count, got.Avg)
		})
	}
}

// A sample with a whole weight is as many values.
func TestDatadogSketchesOfWeightsHaveTheBinsOfTheAgent(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		var values []float64
		sum := &transport.Summary{}
		for range 1 + rng.IntN(300) {
			v, n := rng.NormFloat64()*100, 1+rng.IntN(50)
			if rng.IntN(40) == 0 {
				n = 70_000
			}
			values = append(values, slices.Repeat([]float64{v}, n)...)
			sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: float64(n)})
			sum.Count += float64(n)
			sum.Sum += v * float64(n)
		}
		slices.SortFunc(sum.Samples, func(a, b transport.Sample) int {
			if a.Value < b.Value {
				return -1
			}
			return 1
		})
		sum.Min, sum.Max = sum.Samples[0].Value, sum.Samples[len(sum.Samples)-1].Value
		var want quantile.Sketch
		slices.Sort(values)
		want.Insert(quantile.Default(), values...)
		keys, counts := want.Cols()
		got := sendSketches(t, datadog.Config{}, distributionOf(sum))[0].Dogsketches[0]
		require.Equal(t, keys, got.K)
		require.Equal(t, counts, got.N)
		require.Equal(t, int64(sum.Count), got.Cnt)
	}
}

func TestDatadogSketchesAreThoseOfTheAgent(t *testing.T) {
	s := distributionOf(summarize([]float64{1, 2, 2}), summarize([]float64{-5}))
	s.Tags, s.Host, s.HostSet, s.Device = []string{"a:b", "c"}, "web1", true, "sda"
	got := sendSketches(t, datadog.Config{Origin: datadog.Origin{Product: 10, Category: 11, Service: 12}}, s, distributionOf(summarize([]float64{3})))
	dogsketch := func(ts int64, values ...float64) gogen.SketchPayload_Sketch_Dogsketch {
		var sketch quantile.Sketch
		sketch.Insert(quantile.Default(), values...)
		keys, counts := sketch.Cols()
		sum := summarize(values)
		return gogen.SketchPayload_Sketch_Dogsketch{
			Ts: ts, Cnt: int64(len(values)), Min: sum.Min, Max: sum.Max, Sum: sum.Sum, Avg: sum.Sum / sum.Count, K: keys, N: counts,
		}
	}
	metadata := &gogen.Metadata{Origin: &gogen.Origin{OriginProduct: 10, OriginCategory: 11, OriginService: 12}}
	require.Equal(t, []gogen.SketchPayload_Sketch{
		{
			Metric: "d", Host: "web1", Tags: []string{"a:b", "c", "device:sda"}, Metadata: metadata,
			Dogsketches: []gogen.SketchPayload_Sketch_Dogsketch{dogsketch(100, 1, 2, 2), dogsketch(110, -5)},
		},
		{Metric: "d", Metadata: metadata, Dogsketches: []gogen.SketchPayload_Sketch_Dogsketch{dogsketch(100, 3)}},
	}, got)
}

// What Datadog makes of the sketches of three processes has the quantiles of all
// their values.
func TestDatadogSketchesOfProcessesMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	config := quantile.Default()
	var union []float64
	var merged quantile.Sketch
	for process := range 3 {
		var values []float64
		for range 20_000 {
			values = append(values, math.Exp(rng.NormFloat64()+float64(process)))
		}
		union = append(union, values...)
		got := sendSketches(t, datadog.Config{}, distributionOf(summarize(values)))[0].Dogsketches[0]
		var sketch quantile.Sketch
		for i, k := range got.K {
			// The value in the middle of a bin; 1338 is the key of 1.
			v := math.Pow(1+1.0/64, float64(k-1338))
			sketch.Insert(config, slices.Repeat([]float64{v}, int(got.N[i]))...)
		}
		keys, counts := sketch.Cols()
		require.Equal(t, got.K, keys, "these are the bins that arrived")
		require.Equal(t, got.N, counts)
		merged.Merge(config, &sketch)
	}
	slices.Sort(union)
	for _, q := range []float64{0.5, 0.95, 0.99} {
		exact := union[int(math.RoundToEven(q*float64(len(union)-1)))]
		keys, counts := merged.Cols()
		rank, at := uint32(q*float64(len(union)-1)), uint32(0)
		for i, n := range counts {
			if at += n; at > rank {
				assert.InEpsilon(t, exact, math.Pow(1+1.0/64, float64(keys[i]-1338)), 0.01, "p%v", 100*q)
				break
			}
		}
	}
}
