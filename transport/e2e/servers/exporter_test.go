package servers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
)

func TestStatsdExporterShowsWhatItGot(t *testing.T) {
	t.Parallel()
	e := servers.StatsdExporter(t)
	send(t, "udp", e.Addr, "a.b:2|c|#x:y\n")
	send(t, "unixgram", e.Unixgram, "a.b:3|c|#x:y\n")
	require.Eventually(t, func() bool { return e.Metrics()[`a_b{x="y"}`] == 5 }, patience, 10*time.Millisecond)
	assert.InDelta(t, 2, e.Metrics()["statsd_exporter_samples_total"], 0)

	e.Kill()
	e.Start()
	send(t, "unixgram", e.Unixgram, "a.b:1|c\n")
	require.Eventually(t, func() bool { return e.Metrics()["a_b"] == 1 }, patience, 10*time.Millisecond)
}
