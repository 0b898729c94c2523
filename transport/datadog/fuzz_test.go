package datadog_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// fuzzWire has f submit series whose every text and number is given, and checks that
// a reader of what is sent gets exactly those.
func fuzzWire(f *testing.F, api datadog.API, encoding datadog.Encoding, kinds ...transport.Kind) {
	f.Add("name", "tag", "host", "device", "byte", 1.5, -2.0, int64(100), 3, 5000, uint8(0))
	f.Add(`","points":[{"timestamp":1}],"x":"`, "\n\u2028", "\xff", `"`, `\`, math.MaxFloat64, 0.0, int64(-5), 40, 900, uint8(1))
	f.Add("\x0a\x03abc", "\x12\x00", "\x00", "\xed\xa0\x80", "\x80", math.SmallestNonzeroFloat64, 1e-9, int64(math.MaxInt64), 9, 700, uint8(2))
	f.Add("9", "", "", "ȺȺ", "", float64(1<<53), float64(1<<53+2), int64(math.MinInt64), 50, 1<<20, uint8(7))
	// Compressors cost a hundred times what the rest does.
	compressions := map[uint8]datadog.Compression{1: datadog.Zlib, 2: datadog.Zstd}
	f.Fuzz(func(t *testing.T, name, tag, host, device, unit string, value, other float64, unix int64, n, limit int, mode uint8) {
		for _, v := range []float64{value, other} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return
			}
		}
		if len(name)+len(tag)+len(host)+len(device)+len(unit) > 20_000 {
			return
		}
		n, limit = max(0, min(n, 20)), max(300, min(limit, 1<<20))
		compression, found := compressions[mode%64]
		if !found {
			compression = datadog.None
		}
		cfg := datadog.Config{API: api, Encoding: encoding, Compression: compression}
		if mode&8 != 0 {
			cfg.Origin = datadog.Origin{Product: 10, Category: uint32(mode), Service: 1 << 30}
		}
		b := batch()
		for i := range n {
			s := transport.Series{
				Name: name, Tags: []string{tag, fmt.Sprint("i:", i%7), tag + "2"}[:i%4], Host: host, HostSet: i%2 == 0,
				Device: device, Unit: unit, Kind: kinds[(i+int(mode))%len(kinds)], Interval: time.Duration(i) * time.Second,
			}
			if i%5 == 0 {
				s.Name, s.Unit, s.Device = fmt.Sprint(name, i), "", ""
			}
			for j := range 1 + i%4 {
				p := transport.Point{Unix: unix + int64(j), Value: value}
				if j%2 == 1 {
					p.Value = other
				}
				if s.Kind == transport.KindDistribution {
					p.Summary = fuzzSummary(value, other, i, j)
				}
				s.Points = append(s.Points, p)
			}
			b.Series = append(b.Series, s)
		}
		checkWire(t, cfg, limit, 4*limit, b)
	})
}

// fuzzSummary has three samples, the last or all of which may weigh more than 1.
func fuzzSummary(a, b float64, i, j int) *transport.Summary {
	sum := &transport.Summary{Min: min(a, b), Max: max(a, b)}
	for n, v := range []float64{sum.Min, sum.Min/2 + sum.Max/2, sum.Max} {
		w := 1 + float64(i*j*n)/3
		sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: w})
		sum.Count += w
		sum.Sum += v / 4 * w / 128 // of any size, but finite
	}
	return sum
}

func FuzzV2JSON(f *testing.F) {
	fuzzWire(f, datadog.V2, datadog.JSON, transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet)
}

func FuzzV2Proto(f *testing.F) {
	fuzzWire(f, datadog.V2, datadog.Protobuf, transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet)
}

func FuzzV3(f *testing.F) {
	fuzzWire(f, datadog.V3, datadog.JSON, transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet)
}

func FuzzSketch(f *testing.F) {
	fuzzWire(f, datadog.V2, datadog.JSON, transport.KindDistribution)
}
