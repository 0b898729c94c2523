package e2e

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
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

// running makes running totals of what was counted in each bucket, with the end of
// the bucket for their time.
func running(b buckets[float64], rollup int64) buckets[float64] {
	totals := buckets[float64]{}
	for series, starts := range b {
		totals[series] = map[int64]float64{}
		total := 0.0
		for _, start := range slices.Sorted(maps.Keys(starts)) {
			total += starts[start]
			totals[series][start+rollup] = total
		}
	}
	return totals
}

// ended gives points the end of their bucket for their time.
func ended(b buckets[float64], rollup int64) buckets[float64] {
	all := buckets[float64]{}
	for series, starts := range b {
		all[series] = map[int64]float64{}
		for start, value := range starts {
			all[series][start+rollup] = value
		}
	}
	return all
}

// queried returns the points of the hour before a time that a selector fits.
func queried(t *testing.T, p *servers.PrometheusServer, selector string, at time.Time) buckets[float64] {
	t.Helper()
	all := buckets[float64]{}
	for _, s := range p.Query(selector+"[1h]", at) {
		delete(s.Metric, "job")
		series := seriesKey(s.Metric["__name__"], s.Metric)
		require.NotContains(t, all, series)
		all[series] = map[int64]float64{}
		for _, point := range s.Points {
			assert.Zero(t, point.UnixMilli%1000, series)
			assert.Nil(t, point.Histogram, series)
			all[series][point.UnixMilli/1000] = point.Value
		}
	}
	return all
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
	summaries := buckets[float64]{}
	random := rand.New(rand.NewPCG(3, 0))
	for range 5 {
		now := clock.Now()
		var sizes []float64
		for range 200 {
			route, quarters := fmt.Sprintf("route:/r/%d", random.IntN(30)), float64(random.IntN(2000)-1000)/4
			c.Count("requests", 3, route)
			r.count(keyOf("shop_requests_total", "env:test", "host_name:h1", route), now, 3)
			c.OnHost("h2").CountFloat("bytes", 0.25, "dir:in", "alone")
			r.count(keyOf("shop_bytes_total", "env:test", "host_name:h2", "dir:in", "alone:true"), now, 0.25)
			c.Gauge("load", quarters, route)
			r.gauge(keyOf("shop_load", "env:test", "host_name:h1", route), now, quarters)
			member := fmt.Sprint(random.IntN(100))
			c.Set("guests", member)
			r.add(keyOf("shop_guests", "env:test", "host_name:h1"), now, member)
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
			series := keyOf(parts[0], append(parts[1:], "env:test", "host_name:h1")...)
			if summaries[series] == nil {
				summaries[series] = map[int64]float64{}
			}
			summaries[series][now.Unix()-now.Unix()%10] = value
		}
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	members := buckets[float64]{}
	for series, starts := range r.members {
		members[series] = map[int64]float64{}
		for start, all := range starts {
			members[series][start] = float64(len(all))
		}
	}
	want := running(r.counts, 10)
	for _, plain := range []buckets[float64]{r.gauges, members, summaries} {
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
	var union []float64
	for i := range 3 {
		c := newClient(t, stats.WithTransport(newOTLP(t, p, otlp.Config{})), stats.WithManualFlush(), stats.WithClock(clock),
			stats.WithHost(fmt.Sprintf("h%d", i)))
		random := rand.New(rand.NewPCG(5, uint64(i)))
		for range 500 * (i + 1) {
			v := math.Exp(random.NormFloat64()*(1+float64(i)/2) + float64(i))
			union = append(union, v)
			c.Distribution("latency", v)
		}
		flushAll(t, c)
		require.Zero(t, c.Ledger().Unsampled)
	}
	at := clock.Now().Add(10 * time.Second)
	one := func(expr string) float64 {
		t.Helper()
		got := p.Query(expr, at)
		require.Len(t, got, 1, expr)
		require.Len(t, got[0].Points, 1, expr)
		return got[0].Points[0].Value
	}
	assert.InDelta(t, len(union), one(`histogram_count(sum(latency))`), 0)
	assert.InEpsilon(t, sum(union), one(`histogram_sum(sum(latency))`), 1e-9)
	assert.InDelta(t, 3, one(`count(latency)`), 0, "hosts")
	for _, q := range []float64{0.5, 0.95, 0.99} {
		assert.InEpsilon(t, nearestRank(union, q), one(fmt.Sprintf(`histogram_quantile(%v, sum(latency))`, q)), 0.01, "%v", q)
	}
}
