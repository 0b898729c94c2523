package datadog_test

import (
	"bytes"
	"cmp"
	"fmt"
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

// noise returns text that does not compress below its entropy.
func noise(rng *rand.Rand, n int, letters []rune) string {
	b := make([]rune, n)
	for i := range b {
		b[i] = letters[rng.IntN(len(letters))]
	}
	return string(b)
}

var base64Letters = []rune("abcdefghijklmnopqrstuvwxyz0123456789-./")

// cjk are thousands of letters of three bytes each, whose bytes are nearly all
// above 0x80: the worst that a tag can hold for the compressor.
var cjk = func() (letters []rune) {
	for r := rune(0x4e00); r < 0x9000; r++ {
		letters = append(letters, r)
	}
	return letters
}()

func noisyBatch(seed uint64, seriesCount, tags int, alphabet []rune) *transport.Batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := batch()
	for i := range seriesCount {
		s := gauge(fmt.Sprintf("noise.%d", i), rng.NormFloat64(), rng.Float64())
		if i%3 == 0 {
			s = distribution(s.Name, []float64{rng.NormFloat64(), rng.Float64()}, []float64{rng.ExpFloat64()})
		}
		for range tags {
			s.Tags = append(s.Tags, noise(rng, 150, alphabet))
		}
		b.Series = append(b.Series, s)
	}
	return b
}

// checkBodies checks the limits and that every point of b is in one body, in
// order, but those that are oversize.
func checkBodies(t require.TestingT, c datadog.Compression, maxBody, maxRaw int, b *transport.Batch) []datadog.Body {
	bodies, oversize := datadog.Pack(c, maxBody, maxRaw, b)
	encoding := map[datadog.Compression]string{datadog.Zlib: "deflate"}[c]
	got := map[string][]string{} // by path
	for _, body := range bodies {
		require.LessOrEqual(t, len(body.Bytes), maxBody)
		require.LessOrEqual(t, body.Raw, maxRaw)
		series, err := readBody(encoding, body.Bytes)
		require.NoError(t, err)
		require.NotEmpty(t, series)
		for _, s := range series {
			require.NotEmpty(t, s.Points)
			for _, p := range s.Points {
				got[body.Path] = append(got[body.Path], fmt.Sprint(s.Metric, s.Type, s.Tags, p.unix, p.value, p.values))
			}
		}
	}
	dd, err := datadog.New(datadog.Config{APIKey: testKey})
	require.NoError(t, err)
	want := map[string][]string{}
	number := 0
	for _, s := range b.Series {
		path, typ := "/api/v1/series", "gauge"
		switch s.Kind {
		case transport.KindDistribution:
			path, typ = "/api/v1/distribution_points", "distribution"
		case transport.KindCount, transport.KindRate:
			typ = s.Kind.String()
		}
		tags := []string{}
		for _, tag := range s.Tags {
			tags = append(tags, dd.WireTag(tag))
		}
		for _, p := range s.Points {
			if !slices.Contains(oversize, number) {
				var values []float64
				if p.Summary != nil {
					p.Value = 0
					for _, sample := range p.Summary.Samples {
						values = append(values, slices.Repeat([]float64{sample.Value}, max(1, int(math.Round(sample.Weight))))...)
					}
				}
				want[path] = append(want[path], fmt.Sprint(dd.WireName(s.Name), typ, tags, p.Unix, p.Value, values))
			}
			number++
		}
	}
	require.Equal(t, want, got)
	return bodies
}

func TestBodiesStayWithinTheirLimits(t *testing.T) {
	for _, c := range []struct {
		name        string
		compression datadog.Compression
		body, raw   int
		in          *transport.Batch
		bodies      int // at most; packing too carefully is a fault as well
	}{
		{"tags that compress badly", datadog.Zlib, 100_000, 10_000_000, noisyBatch(1, 2000, 2, base64Letters), 8},
		{"tags whose bytes are all above 0x80", datadog.Zlib, 100_000, 10_000_000, noisyBatch(2, 500, 2, cjk), 8},
		{"tags that compress well", datadog.Zlib, 30_000, 10_000_000, noisyBatch(3, 4000, 2, []rune("a")), 6},
		{"the limit before compression", datadog.Zlib, 3_200_000, 100_000, noisyBatch(4, 1000, 2, []rune("a")), 8},
		{"no compression", datadog.None, 100_000, 10_000_000, noisyBatch(5, 1000, 2, base64Letters), 8},
		{"limits about as large as one series", datadog.Zlib, 700, 2000, noisyBatch(6, 50, 2, base64Letters), 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			bodies := checkBodies(t, c.compression, c.body, c.raw, c.in)
			assert.Greater(t, len(bodies), 2)
			assert.LessOrEqual(t, len(bodies), c.bodies)
		})
	}
}

// The real limits, once.
func TestTheRealLimits(t *testing.T) {
	b := noisyBatch(7, 500, 30, cjk)
	bodies := checkBodies(t, datadog.Zlib, 3_200_000, 62_914_560, b)
	largest := 0
	for _, body := range bodies {
		largest = max(largest, len(body.Bytes))
	}
	assert.Greater(t, largest, 3_000_000, "a body is used up nearly to its limit")
}

func TestTheBoundOnTheCompressorHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, n := range []int{0, 1, 100, 16 << 10, 16<<10 + 1, 70_000, 1 << 20} {
		random := make([]byte, n)
		for i := range random {
			random[i] = byte(rng.Uint32())
		}
		var high []byte
		for range n {
			high = append(high, byte(144+rng.IntN(112)))
		}
		for _, all := range [][]byte{random, high, []byte(noise(rng, n/3, cjk)), []byte(noise(rng, n, base64Letters))} {
			for _, c := range []datadog.Compression{datadog.Zlib, datadog.Gzip, datadog.Zstd} {
				var out bytes.Buffer
				z := datadog.NewCompressor(c, &out)
				for data := all; len(data) > 0; { // in small pieces, as the packer writes
					k := min(len(data), 1+rng.IntN(500))
					z.Write(data[:k])
					data = data[k:]
				}
				z.Flush()
				z.Close()
				assert.LessOrEqual(t, out.Len(), datadog.Worst(len(all)), "%v of %d bytes", c, len(all))
			}
		}
	}
}

func TestASeriesWithManyPointsIsSplit(t *testing.T) {
	s := gauge("long", make([]float64, 500)...)
	bodies := checkBodies(t, datadog.None, 2000, 1<<20, batch(gauge("before", 1), s, gauge("after", 1)))
	assert.Greater(t, len(bodies), 3)
}

func TestAPointTooLargeIsLeftOutAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	values := make([]float64, 2000)
	for i := range values {
		values[i] = rng.Float64()
	}
	b := batch(gauge("a", 1, 2), distribution("big", []float64{1}, values, []float64{2}), gauge("b", 3))
	for _, c := range []datadog.Compression{datadog.Zlib, datadog.None} {
		_, oversize := datadog.Pack(c, 5000, 1<<20, b)
		assert.Equal(t, []int{3}, oversize)
		checkBodies(t, c, 5000, 1<<20, b)
	}
	_, oversize := datadog.Pack(datadog.Zlib, 3_200_000, 10_000, b)
	assert.Equal(t, []int{3}, oversize, "by the limit before compression")

	same := make([]float64, 2000)
	b = batch(distribution("compresses", same))
	_, oversize = datadog.Pack(datadog.Zlib, 2000, 1<<20, b)
	assert.Empty(t, oversize, "what counts is its real size, not the worst it might have")
	checkBodies(t, datadog.Zlib, 2000, 1<<20, b)
}

func TestWeights(t *testing.T) {
	d := distribution("d", []float64{1, 2, 3, 4})
	for i, w := range []float64{1, 3, 0.2, 2} {
		d.Points[0].Summary.Samples[i].Weight = w
	}
	bodies := checkBodies(t, datadog.None, 1<<20, 1<<20, batch(d))
	assert.Contains(t, string(bodies[0].Bytes), `"points":[[100,[1,2,2,2,3,4,4]]]`)
}

// copies returns how often each of n values comes in the body of a point whose
// values 0 … n-1 have these weights. It checks that another attempt sends the same.
func copies(t require.TestingT, name, host string, weights []float64) []int {
	d := distribution(name, make([]float64, len(weights)))
	d.Host, d.HostSet = host, host != ""
	for i, w := range weights {
		d.Points[0].Summary.Samples[i] = transport.Sample{Value: float64(i), Weight: w}
	}
	bodies, _ := datadog.Pack(datadog.None, 1<<24, 1<<24, batch(d))
	require.Len(t, bodies, 1)
	series, err := readBody("", bodies[0].Bytes)
	require.NoError(t, err)
	out := make([]int, len(weights))
	for _, v := range series[0].Points[0].values {
		out[int(v)]++
	}
	again, _ := datadog.Pack(datadog.None, 1<<24, 1<<24, batch(d))
	assert.Equal(t, bodies[0].Bytes, again[0].Bytes, "another attempt sends the same")
	return out
}

// The copies of a point's values come to the sum of its weights within 1, those of
// each value to its weight.
func TestWeightsThatAreNotWholeAreRoundedTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.OneOf(rapid.Float64Range(1, 50), rapid.Map(rapid.Float64Range(0.02, 1), func(rate float64) float64 { return 1 / rate }),
			rapid.SampledFrom([]float64{1, 2, 10.0 / 3, 1 / 0.3, 1 / 0.7, math.Nextafter(2, 1), math.Nextafter(2, 3)}))
		weights := rapid.SliceOfN(weight, 1, 100).Draw(t, "weights")
		want, got := 0.0, 0
		for i, n := range copies(t, rapid.StringMatching("[a-z]{1,9}").Draw(t, "name"), "", weights) {
			assert.InDelta(t, weights[i], n, 1)
			assert.GreaterOrEqual(t, n, 1)
			want += weights[i]
			got += n
		}
		assert.InDelta(t, want, got, 1)
	})
}

// Over many points the rounding is right on average, whatever tells them apart:
// rate 0.3 weighs 3.33.
func TestRoundedWeightsAreRightOnAverage(t *testing.T) {
	t.Cleanup(datadog.SetOffsetSeed(7))
	const points = 4000
	rate := 0.3
	for what, tell := range map[string]func(n int) (name, host string){
		"names": func(n int) (string, string) { return fmt.Sprint("d", n), "" },
		"hosts": func(n int) (string, string) { return "d", fmt.Sprint("web", n) },
	} {
		total, first := 0, 0
		for i := range points {
			name, host := tell(i)
			n := copies(t, name, host, []float64{1 / rate, 1 / rate})
			total += n[0] + n[1]
			first += n[0]
		}
		// A count is one of two neighbours: its standard deviation is at most 1/2.
		assert.InDelta(t, points*2/rate, total, 5*0.5*math.Sqrt(points), what)
		assert.InDelta(t, points/rate, first, 5*0.5*math.Sqrt(points), what)
	}
}

func FuzzPack(f *testing.F) {
	f.Add("name", "tag", "host", "device", 1.5, int64(100), 3, 500, 5000, uint8(0))
	f.Add(`","points":[[1,2]],"x":"`, "\n\u2028", "\xff", `"`, math.MaxFloat64, int64(-5), 200, 300, 900, uint8(1))
	f.Fuzz(func(t *testing.T, name, tag, host, device string, value float64, unix int64, n, maxBody, maxRaw int, mode uint8) {
		if math.IsNaN(value) || math.IsInf(value, 0) || len(name)+len(tag)+len(host)+len(device) > 20_000 {
			return
		}
		n = max(0, min(n, 300))
		maxBody, maxRaw = max(0, min(maxBody, 1<<20)), max(0, min(maxRaw, 1<<20))
		kinds := []transport.Kind{
			transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet, transport.KindDistribution,
		}
		b := batch()
		for i := range n {
			kind := kinds[(i+int(mode))%len(kinds)]
			s := transport.Series{
				Name: name, Tags: []string{tag, fmt.Sprint("i:", i)}, Host: host, HostSet: i%2 == 0,
				Device: device, Kind: kind, Interval: time.Minute,
			}
			for j := range 1 + i%4 {
				p := transport.Point{Unix: unix + int64(j), Value: value}
				if kind == transport.KindDistribution {
					p.Value = 0
					p.Summary = &transport.Summary{Samples: []transport.Sample{{Value: value, Weight: 1}, {Value: float64(i), Weight: float64(j)}}}
					slices.SortFunc(p.Summary.Samples, func(x, y transport.Sample) int { return cmp.Compare(x.Value, y.Value) })
				}
				s.Points = append(s.Points, p)
			}
			b.Series = append(b.Series, s)
		}
		checkBodies(t, datadog.Compression(mode%2), maxBody, maxRaw, b)
	})
}
