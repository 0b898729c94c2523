package otlp_test

import (
	"testing"

	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

// BenchmarkEncode is what one series costs from a Batch to the body of a request.
func BenchmarkEncode(b *testing.B) {
	for _, c := range wiretest.Cases {
		for _, compression := range []otlp.Compression{otlp.None, otlp.Gzip} {
			name := c.Name
			if compression != otlp.None {
				name += "/compression=" + compression.String()
			}
			b.Run(name, func(b *testing.B) {
				p, batch := otlp.NewPacker(otlp.Config{ServiceName: "bench", Compression: compression}, 0), c.Batch()
				c.Measure(b, func() (size int) {
					p.Pack(batch, func(body []byte, _ int) { size += len(body) })
					return size
				})
			})
		}
	}
}
