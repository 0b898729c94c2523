package e2e

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

// exchange is a request as a server answered it.
type exchange struct {
	version string // X-Prometheus-Remote-Write-Version
	status  int
	written string
}

// watcher is an http.RoundTripper that notes what it carries.
type watcher struct {
	mu   sync.Mutex
	seen []exchange
	own  *http.Transport
}

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.own.RoundTrip(r)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, exchange{
			r.Header.Get("X-Prometheus-Remote-Write-Version"), resp.StatusCode, resp.Header.Get("X-Prometheus-Remote-Write-Samples-Written"),
		})
	}
	return resp, err
}

func newRemoteWrite(t *testing.T, url string, version remotewrite.Version) (*remotewrite.Transport, *watcher) {
	t.Helper()
	w := &watcher{own: &http.Transport{}}
	t.Cleanup(w.own.CloseIdleConnections)
	tr, err := remotewrite.New(remotewrite.Config{URL: url + "/api/v1/write", Version: version, Client: &http.Client{Transport: w}})
	require.NoError(t, err)
	return tr, w
}

// submitTotals submits every kind but distributions over five buckets, and returns the
// points that a server of running totals has then.
func submitTotals(t *testing.T, tr transport.Transport, clock *clock) buckets[float64] {
	t.Helper()
	c := newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithNamespace("shop"), stats.WithTags("env:test"), stats.WithHost("h1"))
	r := newReference(10 * time.Second)
	plain := buckets[float64]{}
	random := rand.New(rand.NewPCG(4, 0))
	count, total := map[string]float64{}, map[string]float64{}
	for range 5 {
		now := clock.Now()
		var waits, sizes []float64
		for range 200 {
			route, quarters := fmt.Sprintf("route:/r/%d", random.IntN(30)), float64(random.IntN(2000)-1000)/4
			c.Count("requests", 3, route)
			r.count(keyOf("shop_requests_total", "env:test", "host:h1", route), now, 3)
			c.OnHost("h2").CountFloat("bytes", 0.25, "dir:in", "alone")
			r.count(keyOf("shop_bytes_total", "env:test", "host:h2", "dir:in", "alone:true"), now, 0.25)
			c.Gauge("load", quarters, route)
			r.gauge(keyOf("shop_load", "env:test", "host:h1", route), now, quarters)
			member := fmt.Sprint(random.IntN(100))
			c.Set("guests", member)
			r.add(keyOf("shop_guests", "env:test", "host:h1"), now, member)
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
				if plain[series] == nil {
					plain[series] = map[int64]float64{}
				}
				plain[series][now.Unix()-now.Unix()%10] = value
			}
		}
		flushAll(t, c)
		clock.advance(10 * time.Second)
	}
	for series, starts := range r.members {
		plain[series] = map[int64]float64{}
		for start, all := range starts {
			plain[series][start] = float64(len(all))
		}
	}
	want := running(r.counts, 10)
	for _, more := range []buckets[float64]{r.gauges, plain} {
		maps.Copy(want, ended(more, 10))
	}
	return want
}

func TestRemoteWriteArrivesInPrometheus3(t *testing.T) {
	t.Parallel()
	for _, version := range []remotewrite.Version{remotewrite.Auto, remotewrite.V1, remotewrite.V2} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			p := servers.Prometheus3(t)
			clock := newClock()
			tr, w := newRemoteWrite(t, p.URL, version)
			want := submitTotals(t, tr, clock)
			assertPoints(t, want, queried(t, p, `{__name__=~"shop_.*"}`, clock.Now()))
			require.Len(t, w.seen, 5)
			for _, e := range w.seen {
				if version == remotewrite.V1 {
					assert.Equal(t, "0.1.0", e.version)
				} else {
					assert.Equal(t, "2.0.0", e.version)
					assert.NotEmpty(t, e.written)
				}
			}
		})
	}
}

// Prometheus 2 answers 204 to 2.0 and stores nothing, which only shows in what the answer
// does not say.
func TestRemoteWriteFallsBackForPrometheus2(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus2(t)
	clock := newClock()
	tr, w := newRemoteWrite(t, p.URL, remotewrite.Auto)
	want := submitTotals(t, tr, clock)
	assertPoints(t, want, queried(t, p, `{__name__=~"shop_.*"}`, clock.Now()))
	require.Len(t, w.seen, 6)
	assert.Equal(t, exchange{"2.0.0", http.StatusNoContent, ""}, w.seen[0])
	for _, e := range w.seen[1:] {
		assert.Equal(t, exchange{"0.1.0", http.StatusNoContent, ""}, e)
	}
}

func TestRemoteWriteArrivesInVictoriaMetrics(t *testing.T) {
	t.Parallel()
	vm := servers.VictoriaMetrics(t)
	clock := newClock()
	tr, _ := newRemoteWrite(t, vm.URL, remotewrite.Auto)
	want := submitTotals(t, tr, clock)
	assert.Eventually(t, func() bool {
		return size(exported(t, vm, `{__name__=~"shop_.*"}`)) == size(want)
	}, patience, 50*time.Millisecond)
	assertPoints(t, want, exported(t, vm, `{__name__=~"shop_.*"}`))
}

// A late point is in the next total, whose time is later than all before.
func TestRemoteWriteSendsLatePointsWithLaterTimes(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t)
	clock := newClock()
	tr, _ := newRemoteWrite(t, p.URL, remotewrite.Auto)
	c := newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock))
	first := clock.Now().Unix() - clock.Now().Unix()%10
	c.Count("n", 5)
	flushAll(t, c)
	clock.advance(10 * time.Second)
	c.At(clock.Now().Add(-15*time.Second)).Count("n", 2)
	flushAll(t, c)
	c.Count("n", 1)
	flushAll(t, c)
	points := queried(t, p, "n_total", clock.Now().Add(10*time.Second))["n_total{}"]
	assert.InDelta(t, 5, points[first+10], 0)
	times := slices.Sorted(maps.Keys(points))
	require.GreaterOrEqual(t, len(times), 2, "%v", points)
	assert.InDelta(t, 8, points[times[len(times)-1]], 0, "%v", points)
	for i := 1; i < len(times); i++ {
		assert.GreaterOrEqual(t, points[times[i]], points[times[i-1]])
	}
}

// Distributions of three clients are one to Prometheus: its quantiles of the sum are
// those of the union.
func TestRemoteWriteDistributionsMergeInPrometheus(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...servers.PrometheusConfig) *servers.PrometheusServer{
		"prometheus 2": servers.Prometheus2, "prometheus 3": servers.Prometheus3,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			p := start(t)
			clock := newClock()
			union := submitThree(t, clock, 3, func() transport.Transport {
				tr, _ := newRemoteWrite(t, p.URL, remotewrite.Auto)
				return tr
			})
			assertMerged(t, p, union, clock.Now().Add(10*time.Second))
		})
	}
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
