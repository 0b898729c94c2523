package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/statsd"
)

// Another server confirms as the original does, and takes no notice of the empty
// lines that it is asked with.
func TestStatsdExporterConfirmsOverTCP(t *testing.T) {
	t.Parallel()
	e := servers.StatsdExporter(t)
	c, sd := statsdClient(t, statsd.Config{Address: e.Addr, Plain: true, Tags: statsd.TagsDatadog})
	for range 3 {
		c.Count("requests", 2, "route:users")
		c.Gauge("depth", 12.5)
		c.Timing("query", 250*time.Millisecond)
		flushAll(t, c)
	}
	require.NoError(t, sd.Inject("raw", "3", "c"))
	require.NoError(t, c.Close())
	b := c.Ledger().Transports[0]
	assert.EqualValues(t, 9, b.Delivered, "%+v", b)
	assert.Equal(t, b.RolledUp, b.Delivered, "%+v", b)
	assert.Equal(t, statsd.Lines{Accepted: 1, Delivered: 1}, sd.Lines())

	const p = "applications_mail_live_"
	require.Eventually(t, func() bool { return e.Metrics()[p+"raw"] == 3 }, patience, 20*time.Millisecond)
	page := e.Metrics()
	assert.EqualValues(t, 6, page[p+`requests{route="users"}`])
	assert.EqualValues(t, 12.5, page[p+"depth"])
	assert.EqualValues(t, 3, page[p+"query_count"])
	assert.EqualValues(t, 0.75, page[p+"query_sum"])
	assert.EqualValues(t, 10, page["statsd_exporter_samples_total"], "the empty lines have none")
	for _, reason := range []string{"malformed_line", "malformed_component", "malformed_value", "illegal_sample_factor", "not_enough_parts_after_colon"} {
		assert.Zero(t, page[`statsd_exporter_sample_errors_total{reason="`+reason+`"}`], reason)
	}
}
