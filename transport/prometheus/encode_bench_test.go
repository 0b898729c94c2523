package prometheus_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// benchBatch has series with three tags and one point each, of so many samples if it is
// of a kind that has some.
func benchBatch(kind transport.Kind, n, samples int) *transport.Batch {
	b := &transport.Batch{}
	for i := range n {
		s := point("http.server.requests", kind, float64(i), "env:production", fmt.Sprintf("route:/api/v1/users/%d", i), "service:checkout")
		if kind >= transport.KindHistogram {
			values := make([]float64, samples)
			for j := range values {
				values[j] = math.Exp(float64(j)*4/float64(samples)) * (1 + float64(i)/1000)
			}
			s.Points[0].Summary = summed("", kind, values...).Points[0].Summary
		}
		b.Series = append(b.Series, s)
	}
	return b
}

// BenchmarkEncode is what one series costs: "send" to keep its value, the formats to
// write a page of it.
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
		batch := benchBatch(c.kind, c.series, 100)
		tr := open(b, prometheus.Config{})
		if err := tr.Send(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		pages := prometheus.NewPages(tr)
		run := func(step string, f func() int) {
			b.Run(fmt.Sprintf("kind=%s/series=%d/step=%s", c.name, c.series, step), func(b *testing.B) {
				size := 0
				b.ReportAllocs()
				for b.Loop() {
					size = f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.series), "ns/series")
				b.ReportMetric(float64(size)/float64(c.series), "wire-B/series")
			})
		}
		run("send", func() int { _ = tr.Send(b.Context(), batch); return 0 })
		for f, format := range []string{"text", "openmetrics", "protobuf"} {
			run(format, func() int { return pages.Page(f) })
		}
	}
}
