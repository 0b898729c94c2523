package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

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

func (c *clock) Now() time.Time { return time.Unix(c.unix.Load(), 0) }

func (c *clock) advance(d time.Duration) { c.unix.Add(int64(d / time.Second)) }

// newClient is stats.New for a test: closed at its end.
func newClient(t *testing.T, opts ...stats.Option) *stats.Client {
	t.Helper()
	c, err := stats.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() }) // a test that cares has closed it by then
	return c
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
