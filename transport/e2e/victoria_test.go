package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/e2e/servers"
)

// testKey is what servers that check none are given.
const testKey = "0123456789abcdef0123456789abcdef"

// clock is moved by hand, so that a test knows each bucket.
type clock struct{ unix atomic.Int64 }

// newClock starts in the middle of a bucket of 10 s, half an hour ago: there is
// room to move it on, and servers take what is that old.
func newClock() *clock {
	c := &clock{}
	now := time.Now().Unix() - 1800
	c.unix.Store(now - now%10 + 7)
	return c
}

func (c *clock) Now() time.Time          { return time.Unix(c.unix.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.unix.Add(int64(d / time.Second)) }

// newClient is stats.New for a test: closed at its end.
func newClient(t *testing.T, opts ...stats.Option) *stats.Client {
	t.Helper()
	c, err := stats.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() }) // a test that cares has closed it by then
	return c
}

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

// submitMixture submits every flat kind, from several goroutines and into several
// buckets, to c and to the reference. The client's namespace is "shop", its tags
// are env:test and its host is h1.
func submitMixture(c *stats.Client, clock *clock, r *reference) {
	now := clock.Now()
	const workers, rounds, routes = 4, 400, 50
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			own := fmt.Sprintf("worker:%d", worker) // the last write of a gauge is one only within a goroutine
			for round := range rounds {
				at, call := now, c.At(time.Time{})
				if back := random.IntN(4); back > 0 {
					at = now.Add(-time.Duration(back) * 17 * time.Second)
					call = c.At(at)
				}
				route := fmt.Sprintf("route:/r/%d", random.IntN(routes))
				quarters := float64(random.IntN(2000)-1000) / 4 // sums are exact
				delta := int64(random.IntN(100))

				call.Count("requests", delta, route)
				r.count(keyOf("shop.requests", "env:test", "host:h1", route), at, float64(delta))
				call.OnHost("h2").CountFloat("bytes", quarters, route, "dir:in")
				r.count(keyOf("shop.bytes", "env:test", "host:h2", "dir:in", route), at, quarters)
				call.Gauge("load", quarters, own)
				r.gauge(keyOf("shop.load", "env:test", "host:h1", own), at, quarters)
				if round%4 == 0 {
					town := fmt.Sprintf("town:köln-%d", random.IntN(3))
					call.Histogram("size", quarters, town)
					r.observe(keyOf("shop.size", "env:test", "host:h1", town), at, quarters)
					call.Timing("wait", time.Duration(delta)*time.Millisecond, own)
					r.observe(keyOf("shop.wait", "env:test", "host:h1", own), at, float64(delta))
				}
				member := fmt.Sprint(random.IntN(40))
				call.Set("guests", member)
				r.add(keyOf("shop.guests", "env:test", "host:h1"), at, member)
				if round%100 == 0 {
					c.Increment("bare", "alone")
					r.count(keyOf("shop.bare", "env:test", "host:h1", "alone:no_label_value"), now, 1)
				}
			}
		})
	}
	wg.Wait()
}

func mixtureClient(t *testing.T, clock *clock, tr transport.Transport) *stats.Client {
	t.Helper()
	return newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithNamespace("shop"), stats.WithTags("env:test"), stats.WithHost("h1"))
}

// flushAll flushes and requires that all points were delivered.
func flushAll(t *testing.T, c *stats.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Flush(ctx))
	assertDelivered(t, c)
}

func assertDelivered(t *testing.T, c *stats.Client) {
	t.Helper()
	ledger := c.Ledger()
	assert.Empty(t, ledger.Refused)
	for _, books := range ledger.Transports {
		assert.True(t, books.Balanced(), "%+v", books)
		assert.Equal(t, books.RolledUp, books.Delivered+books.Superseded, "%+v", books)
	}
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

// hammer submits from several goroutines until ctx ends, and returns how often:
// each time 3 ticks, and one observation of 2.
func hammer(ctx context.Context, c *stats.Client) (calls float64) {
	var submitted [4]float64
	var wg sync.WaitGroup
	for worker := range submitted {
		wg.Go(func() {
			for ctx.Err() == nil {
				c.Count("ticks", 3, "kind:a")
				c.Histogram("ticked", 2)
				submitted[worker]++
				if int(submitted[worker])%1000 == 0 {
					<-time.After(time.Millisecond) // leave something to the servers
				}
			}
		})
	}
	wg.Wait()
	return sum(submitted[:])
}
