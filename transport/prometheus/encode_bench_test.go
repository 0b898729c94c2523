package prometheus_test

import (
	"testing"

	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// BenchmarkEncode is what one series costs: "send" to keep its value, the formats to
// write a page of it.
func BenchmarkEncode(b *testing.B) {
	for _, c := range wiretest.Cases {
		batch, tr := c.Batch(), open(b, prometheus.Config{})
		if err := tr.Send(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		pages := prometheus.NewPages(tr)
		run := func(step string, encode func() int) {
			b.Run(c.Name+"/step="+step, func(b *testing.B) { c.Measure(b, encode) })
		}
		run("send", func() int { _ = tr.Send(b.Context(), batch); return 0 })
		for f, format := range []string{"text", "openmetrics", "protobuf"} {
			run(format, func() int { return pages.Page(f) })
		}
	}
}
