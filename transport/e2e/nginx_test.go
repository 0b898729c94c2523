package e2e

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/e2e/servers"
)

// front is a client that sends to a VictoriaMetrics through an nginx, and what
// was submitted to it.
type front struct {
	*testing.T
	vm     *servers.VM
	nginx  *servers.NginxServer
	client *stats.Client
	clock  *clock
	want   *reference
}

func newFront(t *testing.T, config servers.NginxConfig, dd datadog.Config) *front {
	t.Helper()
	f := &front{T: t, vm: servers.VictoriaMetrics(t), clock: newClock()}
	config.Backend = f.vm.URL
	f.nginx = servers.Nginx(t, config)
	f.want = newReference(10 * time.Second)
	if config.TLS {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.nginx.RootCAs}, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		dd.Client = &http.Client{Transport: transport}
	}
	dd.URL = f.nginx.URL + "/datadog"
	f.client = mixtureClient(t, f.clock, newDatadog(t, dd))
	return f
}

// flush flushes within a time that may be too short.
func (f *front) flush(d time.Duration) error {
	ctx, cancel := context.WithTimeout(f.Context(), d)
	defer cancel()
	return f.client.Flush(ctx)
}

// assertArrived checks that the server has everything once, and that nginx passed
// on nothing that was refused. It waits until nginx has logged at least so many
// requests that were taken and refused, and returns all by status.
func (f *front) assertArrived(taken, status, refusals int) map[int][]servers.NginxRequest {
	f.Helper()
	assertDelivered(f.T, f.client)
	assertExported(f.T, f.want, f.client, f.vm, `{__name__=~"shop\\..*"}`)
	byStatus := map[int][]servers.NginxRequest{}
	require.Eventually(f, func() bool {
		clear(byStatus)
		for _, r := range f.nginx.Requests() {
			byStatus[r.Status] = append(byStatus[r.Status], r)
		}
		return len(byStatus[status]) >= refusals && len(byStatus[http.StatusAccepted]) >= taken
	}, patience, 10*time.Millisecond)
	for _, requests := range byStatus {
		for _, r := range requests {
			assert.Equal(f, r.Status == http.StatusAccepted, r.Upstream == "202", "%+v", r)
		}
		slices.SortFunc(requests, func(a, b servers.NginxRequest) int { return cmp.Compare(started(a), started(b)) })
	}
	return byStatus
}

func started(r servers.NginxRequest) float64 { return r.Ended - r.Took }

// What was refused waits, and arrives once when it is taken again.
func TestDatadogOutlivesRefusals(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			f := newFront(t, servers.NginxConfig{}, datadog.Config{})
			submitMixture(f.client, f.clock, f.want)
			f.nginx.Refuse(status)
			require.Error(t, f.flush(300*time.Millisecond))
			books := f.client.Ledger().Transports[0]
			assert.Equal(t, books.RolledUp, books.Pending, "%+v", books)
			assert.Contains(t, books.LastError, fmt.Sprint(status))

			f.nginx.Refuse(0)
			f.clock.advance(5 * time.Minute)
			submitMixture(f.client, f.clock, f.want)
			if status == http.StatusForbidden {
				// The next probe is due in 30 s; the last attempt of a shutdown is not
				// kept waiting.
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				require.NoError(t, f.client.Shutdown(ctx))
			} else {
				require.NoError(t, f.flush(patience))
			}
			got := f.assertArrived(1, status, 1)
			require.Len(t, got[status], 1, "one attempt, and then a wait")
			if status != http.StatusForbidden { // those ask for a wait of 1 s
				wait := started(got[http.StatusAccepted][0]) - started(got[status][0])
				assert.GreaterOrEqual(t, wait, 0.99, "Retry-After")
			}
		})
	}
}

// A server that takes small requests only gets small requests.
func TestDatadogHalvesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	f := newFront(t, servers.NginxConfig{Server: "client_max_body_size 8k;"}, datadog.Config{Compression: datadog.None})
	submitMixture(f.client, f.clock, f.want)
	require.NoError(t, f.flush(patience))
	f.assertArrived(4, http.StatusRequestEntityTooLarge, 1)
}

// nginx's own rate limit: one request in 2 s, and the others come back later.
func TestDatadogKeepsToARateLimit(t *testing.T) {
	t.Parallel()
	f := newFront(t, servers.NginxConfig{
		HTTP:   "limit_req_zone $server_addr zone=all:1m rate=30r/m;",
		Server: "limit_req zone=all; limit_req_status 429;",
	}, datadog.Config{})
	for range 3 {
		f.clock.advance(time.Minute)
		f.client.Count("orders", 5)
		f.want.count(keyOf("shop.orders", "env:test", "host:h1"), f.clock.Now(), 5)
		require.NoError(t, f.flush(patience))
	}
	got := f.assertArrived(3, http.StatusTooManyRequests, 2)
	assert.Len(t, got[http.StatusAccepted], 3)
}

func TestDatadogOverTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	f := newFront(t, servers.NginxConfig{TLS: true}, datadog.Config{})
	submitMixture(f.client, f.clock, f.want)
	f.nginx.Refuse(http.StatusServiceUnavailable)
	require.Error(t, f.flush(300*time.Millisecond))
	f.nginx.Refuse(0)
	require.NoError(t, f.flush(patience))
	for status, requests := range f.assertArrived(1, http.StatusServiceUnavailable, 1) {
		for _, r := range requests {
			assert.Equal(t, "HTTP/2.0", r.Protocol, "status %d", status)
			assert.Equal(t, "deflate", r.Encoding)
			assert.Equal(t, http.MethodPost, r.Method)
			assert.Equal(t, "/datadog/api/v1/series", r.URI)
		}
	}
}

// A proxy that dies under load takes answers with it: what was on its way may
// have arrived, and is sent again, as a whole that replaces what is there.
func TestDatadogOutlivesADyingProxy(t *testing.T) {
	t.Parallel()
	vm := servers.VictoriaMetrics(t)
	n := servers.Nginx(t, servers.NginxConfig{Backend: vm.URL})
	c := newClient(t, stats.WithTransport(newDatadog(t, datadog.Config{URL: n.URL + "/datadog"})),
		stats.WithRollupInterval(time.Second), stats.WithFlushInterval(100*time.Millisecond), stats.WithFlushJitter(0))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	calls := make(chan float64)
	go func() { calls <- hammer(ctx, c) }()
	for range 3 {
		delivered := c.Ledger().Transports[0].Delivered
		// The next request is due at the next second: kill it about then.
		now := time.Now()
		<-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now) + 2*time.Millisecond)
		n.Kill()
		n.Start()
		require.Eventually(t, func() bool { return c.Ledger().Transports[0].Delivered > delivered }, 2*patience, 10*time.Millisecond)
	}
	stop()
	submitted := <-calls
	shutdown, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Shutdown(shutdown))
	assertDelivered(t, c)

	newest := func(_ string, _ int64, a, b float64) float64 { return max(a, b) } // of counts that grow
	assert.EventuallyWithT(t, func(now *assert.CollectT) {
		got := export(t, vm, `{__name__=~"ticks|ticked.count|ticked.sum"}`, newest)
		for series, want := range map[string]float64{
			`ticks{kind="a"}`: 3 * submitted, `ticked.count{}`: submitted, `ticked.sum{}`: 2 * submitted,
		} {
			assert.InDelta(now, want, got.total(series, func(v float64) float64 { return v }), 0, series)
		}
	}, patience, 50*time.Millisecond)
}
