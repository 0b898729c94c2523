package e2e

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/e2e/servers"
)

// testKey is what servers that check none are given.
const testKey = "0123456789abcdef0123456789abcdef"

// newDatadog sends API v1 series below a URL.
func newDatadog(t *testing.T, config datadog.Config) *datadog.Transport {
	t.Helper()
	config.APIKey = testKey
	tr, err := datadog.New(config)
	require.NoError(t, err)
	return tr
}

// assertExported compares the points that VictoriaMetrics has with what was
// submitted to c. Each must have come once only. What is new takes it a moment to
// show.
func assertExported(t *testing.T, r *reference, c *stats.Client, vm *servers.VM, selector string) {
	t.Helper()
	want := r.flat()
	assert.Eventually(t, func() bool {
		got := export(t, vm, selector, func(_ string, _ int64, a, _ float64) float64 { return a })
		return size(got) >= size(want)
	}, patience, 50*time.Millisecond)
	got := exported(t, vm, selector)
	if ledger := c.Ledger(); ledger.Unsampled > 0 || ledger.Starved > 0 {
		t.Log("some samples were not kept: quantiles are not compared")
		for _, all := range []buckets[float64]{want, got} {
			maps.DeleteFunc(all, func(series string, _ map[int64]float64) bool {
				return strings.Contains(series, ".median{") || strings.Contains(series, "percentile{")
			})
		}
	}
	assertPoints(t, want, got)
}

// exported returns the points that VictoriaMetrics has, each of which must have
// come once only.
func exported(t *testing.T, vm *servers.VM, selector string) buckets[float64] {
	t.Helper()
	return export(t, vm, selector, func(series string, start int64, a, b float64) float64 {
		t.Errorf("%s at %d came twice: %v and %v", series, start, a, b)
		return b
	})
}

// export returns the points that VictoriaMetrics has; twice picks one of two that
// came for the same time.
func export(t *testing.T, vm *servers.VM, selector string, twice func(series string, start int64, a, b float64) float64) buckets[float64] {
	t.Helper()
	all := buckets[float64]{}
	for _, s := range vm.Export(selector) {
		series := seriesKey(s.Metric["__name__"], s.Metric)
		all[series] = map[int64]float64{}
		for i, ms := range s.Timestamps {
			assert.Zero(t, ms%1000, "%s at %d ms", series, ms)
			value := s.Values[i]
			if before, again := all[series][ms/1000]; again {
				value = twice(series, ms/1000, before, value)
			}
			all[series][ms/1000] = value
		}
	}
	return all
}

func TestDatadogArrivesInVictoriaMetrics(t *testing.T) {
	t.Parallel()
	vm := servers.VictoriaMetrics(t)
	clock := newClock()
	r := newReference(10 * time.Second)
	for _, compression := range []datadog.Compression{datadog.Zlib, datadog.Gzip, datadog.None} {
		t.Run(compression.String(), func(t *testing.T) {
			clock.advance(5 * time.Minute) // what one sent must not hide what the next did not
			c := mixtureClient(t, clock, newDatadog(t, datadog.Config{URL: vm.URL + "/datadog", Compression: compression}))
			submitMixture(c, clock, r)
			flushAll(t, c)
			assertExported(t, r, c, vm, `{__name__=~"shop\\..*"}`)
			assert.Eventually(t, func() bool {
				return vm.Metrics()[`vm_rows_inserted_total{type="datadog"}`] == float64(size(r.flat()))
			}, patience, 50*time.Millisecond)
		})
	}
}

// What runs in the background comes out as it does by hand: nothing is lost
// between two buckets. A histogram that a drain finds in use sends that part with
// the next, and the bucket with it a second time, as a whole: of counts that only
// grow, that is the larger one.
func TestDatadogInTheBackgroundArrivesInVictoriaMetrics(t *testing.T) {
	t.Parallel()
	vm := servers.VictoriaMetrics(t)
	c := newClient(t, stats.WithTransport(newDatadog(t, datadog.Config{URL: vm.URL + "/datadog"})),
		stats.WithRollupInterval(time.Second), stats.WithFlushInterval(500*time.Millisecond))
	ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
	defer cancel()
	calls := hammer(ctx, c)
	require.NoError(t, c.Close())
	assertDelivered(t, c)

	self := func(v float64) float64 { return v }
	assert.EventuallyWithT(t, func(now *assert.CollectT) {
		got := exported(t, vm, `{__name__="ticks"}`)
		assert.InDelta(now, 3*calls, got.total(`ticks{kind="a"}`, self), 0)
		assert.GreaterOrEqual(now, len(got[`ticks{kind="a"}`]), 3, "buckets")
		got = export(t, vm, `{__name__=~"ticked.count|ticked.sum"}`, func(_ string, _ int64, a, b float64) float64 { return max(a, b) })
		assert.InDelta(now, calls, got.total(`ticked.count{}`, self), 0)
		assert.InDelta(now, 2*calls, got.total(`ticked.sum{}`, self), 0)
	}, patience, 50*time.Millisecond)
}
