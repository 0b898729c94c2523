package wiretest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Batch returns n series with three tags and one point each, with a summary of so many
// samples if they are of a kind that has some.
func Batch(kind transport.Kind, n, samples int) *transport.Batch {
	b := &transport.Batch{}
	for i := range n {
		p := transport.Point{Unix: 1_800_000_000, Value: float64(i)}
		if kind >= transport.KindHistogram {
			values := make([]float64, samples)
			for j := range values {
				values[j] = math.Exp(float64(j)*4/float64(samples)) * (1 + float64(i)/1000)
			}
			p.Summary = Summary(values...)
		}
		b.Series = append(b.Series, transport.Series{
			Name: "http.server.requests", Kind: kind, Interval: 10 * time.Second, Unit: "request",
			Tags:   []string{"env:production", fmt.Sprintf("route:/api/v1/users/%d", i), "service:checkout"},
			Points: []transport.Point{p},
		})
	}
	return b
}

// Summary returns that of values, which are sorted, each kept. There is one at least.
func Summary(values ...float64) *transport.Summary {
	s := &transport.Summary{Count: float64(len(values)), Min: values[0], Max: values[len(values)-1]}
	for _, v := range values {
		s.Sum += v
		s.Samples = append(s.Samples, transport.Sample{Value: v, Weight: 1})
	}
	return s
}

// Case is a batch of a benchmark.
type Case struct {
	Name   string // as a part of the benchmark's
	Kind   transport.Kind
	Series int
}

// Cases are those that encoders are measured with.
var Cases = []Case{
	{"kind=counter/series=1000", transport.KindCount, 1000},
	{"kind=gauge/series=1000", transport.KindGauge, 1000},
	{"kind=histogram/series=100", transport.KindHistogram, 100},
	{"kind=distribution/series=100", transport.KindDistribution, 100},
}

// Batch returns the series, with a hundred samples in a summary.
func (c Case) Batch() *transport.Batch { return Batch(c.Kind, c.Series, 100) }

// Measure reports what one series costs if encode, which returns the bytes it wrote,
// encodes all of them.
func (c Case) Measure(b *testing.B, encode func() int) {
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = encode()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.Series), "ns/series")
	b.ReportMetric(float64(size)/float64(c.Series), "wire-B/series")
}
