//go:build !race

package prometheus_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/prometheus"
)

func TestNothingIsAllocatedPerSeries(t *testing.T) {
	for kind := transport.KindCount; kind <= transport.KindDistribution; kind++ {
		b := wiretest.Batch(kind, 200, 50)
		for i := range b.Series { // labels that need work, too
			b.Series[i].Tags = append(b.Series[i].Tags, "le:x", "host:a")
			b.Series[i].Host, b.Series[i].HostSet = "b", true
		}
		tr := open(t, prometheus.Config{})
		require.NoError(t, tr.Send(t.Context(), b))
		assert.LessOrEqual(t, testing.AllocsPerRun(20, func() { _ = tr.Send(t.Context(), b) }), 4.0, "%v: to keep 200 series", kind)
		pages := prometheus.NewPages(tr)
		for format := range 3 {
			assert.LessOrEqual(t, testing.AllocsPerRun(20, func() { pages.Page(format) }), 10.0, "%v: a page of 200 series in format %d", kind, format)
		}
	}
}
