package remotewrite_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/remotewrite"
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

// BenchmarkEncode is what one series costs from a Batch to the body of a request,
// before compression.
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
		for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
			b.Run(fmt.Sprintf("kind=%s/series=%d/version=%v", c.name, c.series, v), func(b *testing.B) {
				p := remotewrite.NewPacker(remotewrite.Config{Version: v})
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
