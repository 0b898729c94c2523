package exponential_test

import (
	"math"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
)

func BenchmarkBuild(b *testing.B) {
	var samples []transport.Sample
	for i := range 100 {
		samples = append(samples, transport.Sample{Value: math.Exp(float64(i) / 20), Weight: 1})
	}
	var h exponential.Histogram
	b.ReportAllocs()
	for b.Loop() {
		h.Build(samples, 4096)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(samples)), "ns/sample")
}
