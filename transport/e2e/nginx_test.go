package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
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
// on nothing that was refused. It returns the requests by status, in order.
func (f *front) assertArrived() map[int][]servers.NginxRequest {
	f.Helper()
	f.awaitEnd()
	assertDelivered(f.T, f.client)
	assertExported(f.T, f.want, f.client, f.vm, `{__name__=~"shop\\..*"}`)
	byStatus := map[int][]servers.NginxRequest{}
	for _, r := range f.nginx.Requests() {
		if r.Method == http.MethodGet {
			continue // of awaitEnd
		}
		assert.Equal(f, r.Status == http.StatusAccepted, r.Upstream == "202", "%+v", r)
		byStatus[r.Status] = append(byStatus[r.Status], r)
	}
	return byStatus
}

// awaitEnd waits for the access log, which follows the answers: for a request
// that comes after all others.
func (f *front) awaitEnd() {
	f.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: f.nginx.RootCAs}}}
	resp, err := client.Get(f.nginx.URL + "/datadog/api/v1/validate")
	require.NoError(f, err)
	resp.Body.Close()
	require.Eventually(f, func() bool {
		log := f.nginx.Requests()
		return len(log) > 0 && log[len(log)-1].Method == http.MethodGet
	}, patience, 10*time.Millisecond)
}

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
			got := f.assertArrived()
			require.Len(t, got[status], 1, "one attempt, and then a wait")
			require.NotEmpty(t, got[http.StatusAccepted])
			if status != http.StatusForbidden { // those ask for a wait of 1 s
				wait := got[http.StatusAccepted][0].Ended - got[status][0].Ended
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
	got := f.assertArrived()
	assert.NotEmpty(t, got[http.StatusRequestEntityTooLarge])
	assert.Greater(t, len(got[http.StatusAccepted]), 3)
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
	got := f.assertArrived()
	assert.Len(t, got[http.StatusAccepted], 3)
	assert.GreaterOrEqual(t, len(got[http.StatusTooManyRequests]), 2)
}

func TestDatadogOverTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	f := newFront(t, servers.NginxConfig{TLS: true}, datadog.Config{})
	submitMixture(f.client, f.clock, f.want)
	f.nginx.Refuse(http.StatusServiceUnavailable)
	require.Error(t, f.flush(300*time.Millisecond))
	f.nginx.Refuse(0)
	require.NoError(t, f.flush(patience))
	for status, requests := range f.assertArrived() {
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
