//go:build !race

package otlp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

func TestEncodingAllocatesNothingPerSeries(t *testing.T) {
	tr := open(t, "")
	for kind := transport.KindCount; kind <= transport.KindDistribution; kind++ {
		b := wiretest.Batch(kind, 200, 50)
		allocs := map[otlp.Histograms]float64{}
		for _, form := range []otlp.Histograms{otlp.Summary, otlp.Exponential} {
			p := otlp.NewPacker(otlp.Config{Histograms: form, Compression: otlp.None}, 0)
			allocs[form] = testing.AllocsPerRun(20, func() { p.Pack(b, func([]byte, int) {}) })
		}
		for form, n := range allocs {
			assert.LessOrEqual(t, n, 4.0, "%v as %v: a request of 200 series", kind, form)
		}
	}
	s := wiretest.Batch(transport.KindCount, 1, 0).Series[0]
	room := make([]byte, 0, 1024)
	assert.Zero(t, testing.AllocsPerRun(100, func() { tr.AppendWireIdentity(room, &s) }))
}
