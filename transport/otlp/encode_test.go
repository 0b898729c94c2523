package otlp_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
)

// FuzzEncode has one series of whatever comes between two others, which have to
// arrive beside it.
func FuzzEncode(f *testing.F) {
	f.Add("requests", "env:test\nbare\nenv:other", "web1", "sda", "byte", "for people", true, byte(1), int64(100), uint32(10), 3.5, 1.0, []byte(nil))
	f.Add("a\x00b", ":\n:v\n::\nk:\nk", "", "", "{x}", "", true, byte(7), int64(1<<33), uint32(3600), -1.0, 2.5, []byte("0123456789abcdef0123456789abcdef"))
	f.Add("\xff\xfe", "\n\n\xffkey:\xc3\x28", "\xff", "d", "ünit {", "\n", false, byte(5), int64(-5), uint32(0), math.Inf(1), math.NaN(), []byte{1})
	f.Add("\x12\x03abc", "\x0a\x05", "\x1a\x00", "\x08", "\xc2\xa0", "\x3a\xff", true, byte(6), int64(0), uint32(1), 0.0, 0.25, make([]byte, 320))
	f.Fuzz(func(t *testing.T, name, tags, host, device, unit, description string, hostSet bool, kind byte,
		unix int64, seconds uint32, value, weight float64, bits []byte,
	) {
		s := transport.Series{
			Name: name, Host: host, HostSet: hostSet, Device: device, Unit: unit, Description: description,
			Kind: transport.Kind(kind % 9), Interval: time.Duration(seconds) * time.Second,
			Points: []transport.Point{{Unix: unix, Value: value}},
		}
		if tags != "" {
			s.Tags = strings.Split(tags, "\n")
		}
		if kind&0x10 == 0 {
			s.Points[0].Summary = rawSummary(value, weight, bits)
		}
		b := batch(gauge("\x01before", 1, 2), s, series("\x01after", transport.KindCount, 3))
		limit := 1 << 16
		if kind&0x20 != 0 {
			limit = 1 << 10
		}
		checkPacked(t, otlp.Config{
			ServiceName: "fuzz", Resource: map[string]string{"host.name": "of the resource"},
			Histograms: otlp.Histograms(kind >> 6 & 1), SignedCounts: kind&0x80 != 0, MaxBuckets: 200,
		}, limit, b)
	})
}

// rawSummary makes a summary of whatever the bits say: sorted as a rule, and with the edges
// that the samples have.
func rawSummary(value, weight float64, bits []byte) *transport.Summary {
	sum := &transport.Summary{Samples: []transport.Sample{{Value: value, Weight: weight}}}
	for ; len(bits) >= 9; bits = bits[9:] {
		word := uint64(0)
		for _, b := range bits[:8] {
			word = word<<8 | uint64(b)
		}
		sum.Samples = append(sum.Samples, transport.Sample{Value: math.Float64frombits(word), Weight: float64(bits[8]) / 4})
	}
	if len(bits) != 1 {
		slices.SortFunc(sum.Samples, func(x, y transport.Sample) int { return cmp.Compare(x.Value, y.Value) })
	}
	for _, x := range sum.Samples {
		sum.Count += x.Weight
		sum.Sum += x.Value
	}
	sum.Min, sum.Max = sum.Samples[0].Value, sum.Samples[len(sum.Samples)-1].Value
	return sum
}

// A batch of many series, hosts and points, in requests of any size.
func TestPackedBatchesReadBackTheSame(t *testing.T) {
	hosts := []string{"", "web1", "web2", "\xff", "日本"}
	tags := []string{"a:1", "a:2", "a", "a-b:x", "a:1,2", "b", ":", ":v", "true:", "host.name:me", "device:tag", "\xffx:y"}
	rapid.Check(t, func(t *rapid.T) {
		b := &transport.Batch{}
		for i := range rapid.IntRange(0, 12).Draw(t, "series") {
			s := transport.Series{
				Name:     fmt.Sprint("s", i),
				Kind:     transport.Kind(rapid.IntRange(1, 7).Draw(t, "kind")),
				Interval: time.Duration(rapid.SampledFrom([]int{0, 1, 10, 3600}).Draw(t, "interval")) * time.Second,
				HostSet:  rapid.Bool().Draw(t, "hostSet"),
				Host:     rapid.SampledFrom(hosts).Draw(t, "host"),
				Device:   rapid.SampledFrom([]string{"", "", "sda"}).Draw(t, "device"),
				Unit:     rapid.SampledFrom([]string{"", "byte", "request"}).Draw(t, "unit"),
				Tags:     rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, 8, rapid.ID).Draw(t, "tags"),
			}
			for j := range rapid.IntRange(0, 3).Draw(t, "points") {
				p := transport.Point{Unix: int64(100 + 4000*j), Value: rapid.Float64().Draw(t, "value")}
				if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
					p.Value = math.NaN()
				}
				if s.Kind >= transport.KindHistogram {
					p.Summary = drawSummary(t)
				}
				s.Points = append(s.Points, p)
			}
			b.Series = append(b.Series, s)
		}
		checkPacked(t, otlp.Config{
			ServiceName: "fuzz", Resource: map[string]string{"host.name": "of the resource"},
			Histograms:   rapid.SampledFrom([]otlp.Histograms{otlp.Summary, otlp.Exponential}).Draw(t, "histograms"),
			SignedCounts: rapid.Bool().Draw(t, "signed"),
			MaxBuckets:   rapid.SampledFrom([]int{160, 300}).Draw(t, "buckets"),
			Quantiles:    rapid.SampledFrom([][]float64{nil, {}, {0.07, 0.5, 0.5, 1}, {0.999, 0.001}}).Draw(t, "quantiles"),
		}, rapid.SampledFrom([]int{400, 1000, 3000, 1 << 20}).Draw(t, "limit"), b)
	})
}

func drawSummary(t *rapid.T) *transport.Summary {
	fractions := rapid.Bool().Draw(t, "fractions")
	sum := &transport.Summary{Samples: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) transport.Sample {
		x := transport.Sample{Value: rapid.Float64Range(-1e3, 1e6).Draw(t, "v"), Weight: float64(rapid.IntRange(1, 9).Draw(t, "weight"))}
		if fractions {
			x.Weight += rapid.Float64Range(0, 1).Draw(t, "fraction")
		}
		return x
	}), 1, 20).Draw(t, "samples")}
	slices.SortFunc(sum.Samples, func(x, y transport.Sample) int { return cmp.Compare(x.Value, y.Value) })
	for _, x := range sum.Samples {
		sum.Count += x.Weight
		sum.Sum += x.Value * x.Weight
	}
	sum.Count += float64(rapid.SampledFrom([]int{0, 0, 7}).Draw(t, "not kept"))
	sum.Min, sum.Max = sum.Samples[0].Value, sum.Samples[len(sum.Samples)-1].Value
	return sum
}
