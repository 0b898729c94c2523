package e2e

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
)

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

// submitFlat submits a count of each sort, a gauge and a member to c and to r, in whose
// keys the host has a label of this name.
func submitFlat(c *stats.Client, r *reference, random *rand.Rand, now time.Time, hostLabel string) {
	h1, h2 := hostLabel+":h1", hostLabel+":h2"
	route, quarters := fmt.Sprintf("route:/r/%d", random.IntN(30)), float64(random.IntN(2000)-1000)/4
	c.Count("requests", 3, route)
	r.count(keyOf("shop_requests_total", "env:test", h1, route), now, 3)
	c.OnHost("h2").CountFloat("bytes", 0.25, "dir:in", "alone")
	r.count(keyOf("shop_bytes_total", "env:test", h2, "dir:in", "alone:true"), now, 0.25)
	c.Gauge("load", quarters, route)
	r.gauge(keyOf("shop_load", "env:test", h1, route), now, quarters)
	member := fmt.Sprint(random.IntN(100))
	c.Set("guests", member)
	r.add(keyOf("shop_guests", "env:test", h1), now, member)
}

// submitTotals submits every kind but distributions over five buckets, and returns the
// points that a server of running totals has then.
func submitTotals(t *testing.T, tr transport.Transport, clock *clock) buckets[float64] {
	t.Helper()
	c := newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithNamespace("shop"), stats.WithTags("env:test"), stats.WithHost("h1"))
	r := newReference(10 * time.Second)
	random := rand.New(rand.NewPCG(4, 0))
	count, total := map[string]float64{}, map[string]float64{}
	for range 5 {
		now := clock.Now()
		var waits, sizes []float64
		for range 200 {
			submitFlat(c, r, random, now, "host")
		}
		for range 25 { // a reservoir's first page holds them all
			waits = append(waits, float64(random.IntN(1000))*8)
			c.Timing("wait", time.Duration(waits[len(waits)-1])*time.Millisecond)
			sizes = append(sizes, float64(random.IntN(1000)))
			c.Histogram("size", sizes[len(sizes)-1])
		}
		for i := range waits {
			waits[i] /= 1000
		}
		for name, all := range map[string][]float64{"shop_wait_seconds": waits, "shop_size": sizes} {
			count[name] += 25
			for _, v := range all {
				total[name] += v * 1000 // whole, so exact
			}
			for series, value := range map[string]float64{
				keyOf(name+"_count", "env:test", "host:h1"):         count[name],
				keyOf(name+"_sum", "env:test", "host:h1"):           total[name] / 1000,
				keyOf(name, "env:test", "host:h1", "quantile:0.5"):  nearestRank(all, 0.5),
				keyOf(name, "env:test", "host:h1", "quantile:0.95"): nearestRank(all, 0.95),
				keyOf(name, "env:test", "host:h1", "quantile:0.99"): nearestRank(all, 0.99),
			} {
				r.gauge(series, now, value)
			}
		}
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	want := running(r.counts, 10)
	for _, more := range []buckets[float64]{r.gauges, r.sizes()} {
		maps.Copy(want, ended(more, 10))
	}
	return want
}

// submitThree has three clients, h0 to h2, submit latencies over so many buckets, and
// returns all of them.
func submitThree(t *testing.T, clock *clock, rounds int, newTransport func() transport.Transport) (union []float64) {
	t.Helper()
	var clients []*stats.Client
	for i := range 3 {
		clients = append(clients, newClient(t, stats.WithTransport(newTransport()), stats.WithManualFlush(), stats.WithClock(clock),
			stats.WithHost(fmt.Sprintf("h%d", i))))
	}
	random := rand.New(rand.NewPCG(5, 0))
	for range rounds {
		clock.advance(10 * time.Second)
		for i, c := range clients {
			for range 500 * (i + 1) {
				v := math.Exp(random.NormFloat64()*(1+float64(i)/2) + float64(i))
				union = append(union, v)
				c.Distribution("latency", v)
			}
			flushAll(t, c)
			require.Zero(t, c.Ledger().Unsampled)
		}
	}
	return union
}

// assertMerged has Prometheus merge the latencies of three hosts.
func assertMerged(t *testing.T, p *servers.PrometheusServer, union []float64, at time.Time) {
	t.Helper()
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
