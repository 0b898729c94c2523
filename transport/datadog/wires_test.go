package datadog_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// flatPoint is a point as a test compares it: what it is of, and a sketch's bins
// apart.
type flatPoint struct {
	text   string
	sketch *wireSketch
	sum    *transport.Summary // that the sketch is to be of
}

// asSet is what a wire keeps of tags: that of V3 has them sorted and each once.
func asSet(tags []string) []string { return slices.Compact(slices.Sorted(slices.Values(tags))) }

func (s *wireSeries) flat() (out []flatPoint) {
	resource := func(name *string) string {
		if name == nil {
			return "none"
		}
		return "=" + *name
	}
	for _, p := range s.Points {
		out = append(out, flatPoint{
			text:   fmt.Sprintf("%q %s %q %q %q %q %d %v %d %v", s.Metric, s.Type, asSet(s.Tags), resource(s.Host), resource(s.Device), s.Unit, s.Interval, s.origin, p.unix, p.value),
			sketch: p.sketch,
		})
	}
	return out
}

// asSent is what s is to be on the wire of cfg, and where.
func asSent(cfg datadog.Config, s *transport.Series) (path string, out wireSeries) {
	var names datadog.Transport
	utf8 := func(text string) string { return string([]rune(text)) }
	out.Metric, out.Interval, out.Unit = names.WireName(s.Name), int64(s.Interval/time.Second), utf8(s.Unit)
	out.origin = [3]int64{int64(cfg.Origin.Product), int64(cfg.Origin.Category), int64(cfg.Origin.Service)}
	for _, tag := range s.Tags {
		out.Tags = append(out.Tags, names.WireTag(tag))
	}
	if host := utf8(s.Host); s.HostSet {
		out.Host = &host
	}
	if device := utf8(s.Device); s.Device != "" {
		out.Device = &device
	}
	switch s.Kind {
	case transport.KindDistribution:
		path, out.Type, out.Interval, out.Unit, out.Device = "/api/beta/sketches", "distribution", 0, "", nil
		if s.Device != "" {
			out.Tags = append(out.Tags, names.WireTag("device:"+s.Device))
		}
		if s.Host == "" {
			out.Host = nil
		}
	case transport.KindSet:
		out.Type = "gauge"
	default:
		out.Type = s.Kind.String()
	}
	switch {
	case path != "":
	case cfg.API == datadog.V3:
		path = "/api/intake/metrics/v3/series"
	default:
		path = "/api/v2/series"
	}
	return path, out
}

// checkSketch checks that a sketch is that of sum, as long as it has no more bins
// than it may have: each observation is in a bin of its size, and none too many.
func checkSketch(t require.TestingT, sum *transport.Summary, got *wireSketch) {
	require.Equal(t, sum.Min, got.min)
	require.Equal(t, sum.Max, got.max)
	require.Equal(t, sum.Sum, got.sum)
	require.InDelta(t, sum.Count, got.count, 1)
	require.True(t, slices.IsSorted(got.keys))
	if len(got.keys) >= 4096 {
		return
	}
	bin, left := 0, int64(got.counts[0])
	for i, s := range sum.Samples {
		// The bins in order have to be enough for the samples in order: what is taken
		// from one that is too far from the value is of another.
		n := int64(max(1, math.Floor(s.Weight)))
		if i == len(sum.Samples)-1 {
			n = 1
		}
		for ; n > 0; n-- {
			for left == 0 || !inBin(s.Value, got.keys[bin]) {
				bin++
				require.Less(t, bin, len(got.keys), "no bin for %v", s.Value)
				left = int64(got.counts[bin])
			}
			left--
		}
	}
}

// inBin reports whether v is within the bounds of the bin with a key, and a little.
func inBin(v float64, key int32) bool {
	if key < 0 {
		v, key = -v, -key
	}
	switch key {
	case 0:
		return math.Abs(v) <= 1e-9
	case math.MaxInt16:
		return v > 1e211
	}
	middle := math.Pow(1+1.0/64, float64(key-1338))
	return v >= middle*(1-1.0/127) && v <= middle*(1+1.0/127)
}

// checkWire checks the limits of bodies, and that every point of b is in one of them, in
// order and unchanged, but those that are oversize.
func checkWire(t require.TestingT, cfg datadog.Config, maxBody, maxRaw int, b *transport.Batch) (bodies []datadog.Body, oversize []int) {
	bodies, oversize = datadog.PackWith(cfg, maxBody, maxRaw, b)
	got, want := map[string][]flatPoint{}, map[string][]flatPoint{}
	for _, body := range bodies {
		require.LessOrEqual(t, len(body.Bytes), maxBody)
		require.LessOrEqual(t, body.Raw, maxRaw)
		contentType, encoding := "application/x-protobuf", map[datadog.Compression]string{datadog.Zlib: "deflate", datadog.Gzip: "gzip", datadog.Zstd: "zstd"}[cfg.Compression]
		if cfg.API == datadog.V2 && cfg.Encoding == datadog.JSON && body.Path == "/api/v2/series" {
			contentType = "application/json"
		}
		if cfg.Compression == datadog.Gzip && body.Path == "/api/beta/sketches" {
			encoding = "deflate"
		}
		series, err := readPoints(body.Path, contentType, encoding, body.Bytes)
		require.NoError(t, err)
		require.NotEmpty(t, series)
		for i := range series {
			require.NotEmpty(t, series[i].Points)
			got[body.Path] = append(got[body.Path], series[i].flat()...)
		}
	}
	number := 0
	for i := range b.Series {
		path, s := asSent(cfg, &b.Series[i])
		for _, p := range b.Series[i].Points {
			if !slices.Contains(oversize, number) {
				if p.Summary != nil {
					p.Value = 0
				}
				s.Points = []wirePoint{{unix: p.Unix, value: p.Value}}
				flat := s.flat()[0]
				flat.sum = p.Summary
				want[path] = append(want[path], flat)
			}
			number++
		}
	}
	require.Equal(t, len(want), len(got))
	for path := range want {
		require.Len(t, got[path], len(want[path]), path)
		for i, w := range want[path] {
			g := got[path][i]
			require.Equal(t, strings.ReplaceAll(w.text, " -0", " 0"), strings.ReplaceAll(g.text, " -0", " 0"))
			if w.sum != nil {
				checkSketch(t, w.sum, g.sketch)
			}
		}
	}
	return bodies, oversize
}

func (w wire) config() (c datadog.Config) {
	w.set(&c)
	return c
}

// newWires are the ways that points go but for those of V1.
func newWires() (out []wire) {
	for _, w := range wires {
		if w.api != datadog.V1 {
			out = append(out, w)
		}
	}
	return append(out, wire{datadog.V2, datadog.Protobuf, datadog.None})
}

// whole fills in the totals that the values have.
func whole(s transport.Series) transport.Series {
	for i := range s.Points {
		sum := s.Points[i].Summary
		if sum == nil || len(sum.Samples) == 0 {
			continue
		}
		slices.SortFunc(sum.Samples, func(a, b transport.Sample) int {
			if a.Value < b.Value {
				return -1
			}
			return 1
		})
		sum.Min, sum.Max = sum.Samples[0].Value, sum.Samples[len(sum.Samples)-1].Value
	}
	return s
}

func wholeBatch(b *transport.Batch) *transport.Batch {
	for i := range b.Series {
		b.Series[i] = whole(b.Series[i])
	}
	return b
}

func TestBodiesOfEveryWireStayWithinTheirLimits(t *testing.T) {
	noisy, plain, high := noisyBatch(1, 250, 2, base64Letters), noisyBatch(3, 600, 2, []rune("a")), noisyBatch(2, 100, 2, cjk)
	for _, b := range []*transport.Batch{noisy, plain, high} {
		wholeBatch(b)
	}
	for _, w := range newWires() {
		t.Run(w.String(), func(t *testing.T) {
			for _, c := range []struct {
				name      string
				body, raw int
				in        *transport.Batch
				bodies    int // at most; packing too carefully is a fault as well
			}{
				{"tags that compress badly", 20_000, 10_000_000, noisy, 12},
				{"tags whose bytes are all above 0x80", 25_000, 10_000_000, high, 12},
				{"tags that compress well", 3_000, 10_000_000, plain, 150},
				{"the limit before compression", 3_200_000, 30_000, noisy, 8},
				{"limits about as large as one series", 900, 3000, noisyBatchOf(50), 100},
			} {
				t.Run(c.name, func(t *testing.T) {
					bodies, oversize := checkWire(t, w.config(), c.body, c.raw, c.in)
					assert.Empty(t, oversize)
					assert.Greater(t, len(bodies), 1)
					assert.LessOrEqual(t, len(bodies), c.bodies)
				})
			}
		})
	}
}

func noisyBatchOf(n int) *transport.Batch { return wholeBatch(noisyBatch(6, n, 2, base64Letters)) }

// The limits are those of the API that a body is for.
func TestTheRealLimitsOfV2(t *testing.T) {
	b := wholeBatch(noisyBatch(7, 250, 30, base64Letters))
	in := newIntake(t)
	for _, w := range []wire{
		{datadog.V2, datadog.JSON, datadog.Zlib}, {datadog.V2, datadog.Protobuf, datadog.Zstd}, {datadog.V3, datadog.JSON, datadog.Zstd},
	} {
		sizes := map[string]int{}
		cfg := w.config()
		cfg.Client = clientOf(in, func(path string, size int) { sizes[path] = max(sizes[path], size) })
		dd := open(t, in.URL, func(c *datadog.Config) { cfg.APIKey, cfg.URL = c.APIKey, c.URL; *c = cfg })
		require.NoError(t, dd.Send(t.Context(), b), w)
		for path, size := range sizes {
			switch {
			case path == "/api/beta/sketches":
				assert.LessOrEqual(t, size, 3_200_000, w)
				assert.Greater(t, size, 200_000, w)
			default:
				assert.LessOrEqual(t, size, 512_000, w)
				assert.Greater(t, size, 400_000, "%v: a body is used up nearly to its limit", w)
			}
		}
		assert.Len(t, sizes, 2)
	}
}

func TestAPointTooLargeForAnyWireIsLeftOutAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	values := make([]float64, 3000)
	for i := range values {
		values[i] = math.Exp(rng.Float64() * 100)
	}
	large := gauge("large", 1, 2)
	large.Tags = []string{noise(rng, 190, base64Letters)}
	for len(large.Tags) < 40 {
		large.Tags = append(large.Tags, noise(rng, 190, base64Letters))
	}
	b := wholeBatch(batch(gauge("a", 1, 2), distribution("big", []float64{1}, values, []float64{2}), large, gauge("b", 3)))
	for _, w := range newWires() {
		_, oversize := checkWire(t, w.config(), 3000, 1<<20, b)
		slices.Sort(oversize)
		assert.Equal(t, []int{3, 5, 6}, oversize, w)
		_, oversize = checkWire(t, w.config(), 1<<20, 4000, b)
		slices.Sort(oversize)
		assert.Equal(t, []int{3, 5, 6}, oversize, "%v: by the limit before compression", w)
	}
}

func TestASeriesWithManyPointsIsSplitOnEveryWire(t *testing.T) {
	s := gauge("long", make([]float64, 500)...)
	for i := range s.Points {
		s.Points[i].Value = float64(i) + 0.1
	}
	for _, w := range newWires() {
		if w.compression != datadog.None {
			continue
		}
		bodies, oversize := checkWire(t, w.config(), 2000, 1<<20, batch(gauge("before", 1), s, gauge("after", 1)))
		assert.Empty(t, oversize)
		assert.Greater(t, len(bodies), 2, w)
	}
}

// V3 takes so many points in one body, however small they are.
func TestV3BodiesHaveAtMostTenThousandPoints(t *testing.T) {
	b := batch(gauge("first", make([]float64, 9_999)...), gauge("second", make([]float64, 10_002)...))
	bodies, oversize := checkWire(t, datadog.Config{API: datadog.V3}, 512_000, 5_242_880, b)
	assert.Empty(t, oversize)
	require.Len(t, bodies, 3)
	last, err := readPoints(bodies[2].Path, "application/x-protobuf", "deflate", bodies[2].Bytes)
	require.NoError(t, err)
	require.Len(t, last, 1)
	assert.Len(t, last[0].Points, 1)
}
