package e2e

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/otlp"
)

// A resource's attributes are labels only if Prometheus is told so; without the
// host two hosts would write one series.
const promoteHost = "otlp: {promote_resource_attributes: [host.name]}"

func newOTLP(t *testing.T, p *servers.PrometheusServer, config otlp.Config) *otlp.Transport {
	t.Helper()
	config.Endpoint, config.ServiceName = p.URL+"/api/v1/otlp", "shop"
	tr, err := otlp.New(config)
	require.NoError(t, err)
	return tr
}

// Deltas become running totals, gauges stay what they are, and each has the end of
// its bucket for its time.
func TestOTLPArrivesInPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	clock := newClock()
	c := newClient(t, stats.WithTransport(newOTLP(t, p, otlp.Config{})), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithNamespace("shop"), stats.WithTags("env:test"), stats.WithHost("h1"))
	r := newReference(10 * time.Second)
	random := rand.New(rand.NewPCG(3, 0))
	for range 5 {
		now := clock.Now()
		var sizes []float64
		for range 200 {
			submitFlat(c, r, random, now, "host_name")
		}
		for range 25 { // a reservoir's first page holds them all
			sizes = append(sizes, float64(random.IntN(1000)))
			c.Timing("wait", time.Duration(sizes[len(sizes)-1])*time.Millisecond)
		}
		for name, value := range map[string]float64{
			"shop_wait_milliseconds_count": 25, "shop_wait_milliseconds_sum": sum(sizes),
			`shop_wait_milliseconds quantile:0`: slices.Min(sizes), `shop_wait_milliseconds quantile:1`: slices.Max(sizes),
			`shop_wait_milliseconds quantile:0.5`: nearestRank(sizes, 0.5), `shop_wait_milliseconds quantile:0.95`: nearestRank(sizes, 0.95),
			`shop_wait_milliseconds quantile:0.99`: nearestRank(sizes, 0.99),
		} {
			parts := strings.Fields(name)
			r.gauge(keyOf(parts[0], append(parts[1:], "env:test", "host_name:h1")...), now, value)
		}
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	want := running(r.counts, 10)
	for _, plain := range []buckets[float64]{r.gauges, r.sizes()} {
		maps.Copy(want, ended(plain, 10))
	}
	got := queried(t, p, `{__name__=~"shop_.*"}`, clock.Now())
	assertPoints(t, want, got)
}

// A count that goes down is a sum that is not monotonic: to Prometheus a series
// without _total.
func TestOTLPSignedCountsArriveInPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	clock := newClock()
	c := newClient(t, stats.WithTransport(newOTLP(t, p, otlp.Config{SignedCounts: true})), stats.WithManualFlush(), stats.WithClock(clock))
	r := newReference(10 * time.Second)
	for _, delta := range []int64{5, -3, 0, -10, 8} {
		c.Count("balance", delta, "account:a")
		r.count(keyOf("balance", "account:a"), clock.Now(), float64(delta))
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	assertPoints(t, running(r.counts, 10), queried(t, p, `{__name__=~"balance.*"}`, clock.Now()))
}

// Distributions of three clients are one to Prometheus: its quantiles of the sum
// are those of the union.
func TestOTLPDistributionsMergeInPrometheus3(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t, servers.PrometheusConfig{Config: promoteHost})
	clock := newClock()
	union := submitThree(t, clock, 1, func() transport.Transport { return newOTLP(t, p, otlp.Config{}) })
	assertMerged(t, p, union, clock.Now().Add(10*time.Second))
}
