package e2e

import (
	"maps"
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
