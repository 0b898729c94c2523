package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/otlp"
)

// A count that is negative now and then is two series to Prometheus; together they
// have the truth.
func TestOTLPNegativeCountsAreASeriesOfTheirOwnInPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	clock := newClock()
	c := newClient(t, stats.WithTransport(newOTLP(t, p, otlp.Config{})), stats.WithManualFlush(), stats.WithClock(clock))
	start := clock.Now().Unix() - clock.Now().Unix()%10
	for _, delta := range []int64{7, -5, 0, 9, -1} {
		c.Count("stock", delta)
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	assertPoints(t, buckets[float64]{
		"stock_total{}": {start + 10: 7, start + 30: 7, start + 40: 16},
		"stock{}":       {start + 20: -5, start + 50: -6},
	}, queried(t, p, `{__name__=~"stock.*"}`, clock.Now()))
}

// What docs/WIRE.md says of deltas that are not newer than the last: they are taken
// with a 2xx and are gone, so they count as delivered.
func TestOTLPLateDeltasAreDroppedByPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	clock := newClock()
	c := newClient(t, stats.WithTransport(newOTLP(t, p, otlp.Config{})), stats.WithManualFlush(), stats.WithClock(clock))
	end := clock.Now().Unix() - clock.Now().Unix()%10 + 10
	c.Count("orders", 3)
	flushAll(t, c)
	c.At(clock.Now().Add(-30*time.Second)).Count("orders", 100)
	c.Count("orders", 200) // of the bucket that was sent
	flushAll(t, c)
	clock.advance(10 * time.Second)
	c.Count("orders", 4)
	flushAll(t, c)
	assertPoints(t, buckets[float64]{"orders_total{}": {end: 3, end + 10: 7}},
		queried(t, p, `{__name__=~"orders.*"}`, clock.Now().Add(10*time.Second)))
	require.Len(t, c.Ledger().Transports, 1)
	assert.Empty(t, c.Ledger().Transports[0].Dropped)
	assert.Zero(t, c.Ledger().Transports[0].Unknown)
}

// A time that is too old for its storage is what makes Prometheus refuse a request:
// the flusher then looks for the point that it is about.
func TestOTLPPointsTooOldForPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	tr := newOTLP(t, p, otlp.Config{})
	defer tr.Close(t.Context())
	at := func(unix int64) *transport.Batch {
		return &transport.Batch{Series: []transport.Series{{
			Name: "g", Kind: transport.KindGauge, Interval: 10 * time.Second, Points: []transport.Point{{Unix: unix, Value: 1}},
		}}}
	}
	now := time.Now().Unix()
	require.NoError(t, tr.Send(t.Context(), at(now)))
	failed := transport.AsSendError(tr.Send(t.Context(), at(now-30*24*3600)))
	require.NotNil(t, failed)
	assert.Equal(t, transport.Poison, failed.Outcome)
	assert.Contains(t, failed.Error(), "out of bounds")
}
