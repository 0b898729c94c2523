package otlp_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
)

// benchBatch has series with three tags and one point each, of so many samples if it is
// of a kind that has some.
func benchBatch(kind transport.Kind, n, samples int) *transport.Batch {
	b := &transport.Batch{}
	for i := range n {
		s := transport.Series{
			Name: "http.server.requests", Kind: kind, Interval: interval, Unit: "request",
			Tags: []string{"env:production", fmt.Sprintf("route:/api/v1/users/%d", i), "service:checkout"},
		}
		p := transport.Point{Unix: 1_800_000_000, Value: float64(i)}
		if kind >= transport.KindHistogram {
			values := make([]float64, samples)
			for j := range values {
				values[j] = math.Exp(float64(j)*4/float64(samples)) * (1 + float64(i)/1000)
			}
			p.Summary = summary(values...)
		}
		s.Points = []transport.Point{p}
		b.Series = append(b.Series, s)
	}
	return b
}

// BenchmarkEncode is what one series costs from a Batch to the body of a request.
func BenchmarkEncode(b *testing.B) {
	for _, c := range []struct {
		name   string
		kind   transport.Kind
		series int
	}{
		{"counter", transport.KindCount, 1000},
		{"gauge", transport.KindGauge, 1000},
		{"histogram", transport.KindHistogram, 100},
		{"distribution", transport.KindDistribution, 100},
	} {
		for _, compression := range []otlp.Compression{otlp.None, otlp.Gzip} {
			name := fmt.Sprintf("kind=%s/series=%d", c.name, c.series)
			if compression != otlp.None {
				name += "/compression=" + compression.String()
			}
			b.Run(name, func(b *testing.B) {
				p := otlp.NewPacker(otlp.Config{ServiceName: "bench", Compression: compression}, 0)
				batch, size := benchBatch(c.kind, c.series, 100), 0
				b.ReportAllocs()
				for b.Loop() {
					size = 0
					p.Pack(batch, func(body []byte, _ int) { size += len(body) })
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.series), "ns/series")
				b.ReportMetric(float64(size)/float64(c.series), "wire-B/series")
			})
		}
	}
}
