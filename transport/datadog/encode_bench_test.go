package datadog_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// benchBatch has series with three tags and one point each; a distribution has 100
// samples.
func benchBatch(kind transport.Kind, n int) *transport.Batch {
	rng := rand.New(rand.NewPCG(1, 1))
	b := batch()
	for i := range n {
		s := series(fmt.Sprint("http.requests.", i%50), kind, float64(rng.IntN(1000)))
		if kind == transport.KindDistribution {
			values := make([]float64, 100)
			for j := range values {
				values[j] = math.Exp(rng.NormFloat64())
			}
			s = whole(distribution(s.Name, values))
		}
		s.Tags = []string{"env:prod", fmt.Sprint("route:/api/v1/items/", i), "service:checkout"}
		b.Series = append(b.Series, s)
	}
	return b
}

// What it costs to put series into bodies. Without compression that is the encoder
// alone.
func BenchmarkEncode(b *testing.B) {
	for _, w := range []wire{
		{datadog.V1, datadog.JSON, datadog.None}, {datadog.V1, datadog.JSON, datadog.Zlib},
		{datadog.V2, datadog.JSON, datadog.None}, {datadog.V2, datadog.JSON, datadog.Zstd},
		{datadog.V2, datadog.Protobuf, datadog.None}, {datadog.V2, datadog.Protobuf, datadog.Zstd},
		{datadog.V3, datadog.JSON, datadog.None}, {datadog.V3, datadog.JSON, datadog.Zstd},
	} {
		for _, c := range []struct {
			kind   transport.Kind
			series int
		}{{transport.KindCount, 1000}, {transport.KindGauge, 1000}, {transport.KindDistribution, 100}} {
			name := fmt.Sprintf("api=%v/encoding=%v/compression=%v/kind=%v/series=%d", w.api, w.encoding, w.compression, c.kind, c.series)
			if c.kind == transport.KindDistribution && (w.api == datadog.V3 || w.encoding == datadog.Protobuf) {
				continue // as V2 with JSON
			}
			if c.kind == transport.KindCount {
				name = fmt.Sprintf("api=%v/encoding=%v/compression=%v/kind=counter/series=%d", w.api, w.encoding, w.compression, c.series)
			}
			b.Run(name, func(b *testing.B) {
				in := benchBatch(c.kind, c.series)
				pack := datadog.NewPack(w.config())
				b.ReportAllocs()
				bytes := 0
				for b.Loop() {
					bytes = pack(in)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.series), "ns/series")
				b.ReportMetric(float64(bytes)/float64(c.series), "wire-B/series")
			})
		}
	}
}
