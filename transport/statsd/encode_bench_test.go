package statsd_test

import (
	"fmt"
	"testing"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// hundred is a hundred samples, a tenth of which stand for three observations.
func hundred() transport.Point {
	sum := &transport.Summary{Min: 0.5, Max: 99.5}
	for i := range 100 {
		s := transport.Sample{Value: float64(i) + 0.5, Weight: 1}
		if i%10 == 0 {
			s.Weight = 3
		}
		sum.Samples = append(sum.Samples, s)
		sum.Count += s.Weight
		sum.Sum += s.Weight * s.Value
	}
	return transport.Point{Unix: 1_700_000_000, Summary: sum}
}

// encodeCase is what BenchmarkEncode and TestEncodingDoesNotAllocate encode.
type encodeCase struct {
	name  string
	batch *transport.Batch
}

func encodeCases() []encodeCase {
	many := func(n int, kind transport.Kind, p transport.Point) *transport.Batch {
		b := new(transport.Batch)
		for i := range n {
			b.Series = append(b.Series, transport.Series{
				Name: fmt.Sprintf("http.requests.%d", i), Kind: kind, Points: []transport.Point{p},
				Tags: []string{"env:live", "region:eu-west-1", "route:users"},
			})
		}
		return b
	}
	return []encodeCase{
		{"kind=counter/series=1000", many(1000, transport.KindCount, value(1234))},
		{"kind=gauge/series=1000", many(1000, transport.KindGauge, value(-12.5))},
		{"kind=set/series=100", many(100, transport.KindSet, members("ann", "bob", "carol", "dave"))},
		{"kind=histogram/series=100", many(100, transport.KindHistogram, hundred())},
	}
}

// BenchmarkEncode encodes series with three tags, which go into the path.
func BenchmarkEncode(b *testing.B) {
	for _, c := range encodeCases() {
		b.Run(c.name, func(b *testing.B) {
			encode := statsd.Encoder(b, statsd.Config{Prefix: "applications.mail.live"})
			bytes := encode(c.batch)
			b.ReportAllocs()
			for b.Loop() {
				encode(c.batch)
			}
			series := float64(len(c.batch.Series))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/series, "ns/series")
			b.ReportMetric(float64(bytes)/series, "wire-B/series")
		})
	}
}
