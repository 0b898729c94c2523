package servers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
)

// page is a target with one metric.
func page(t *testing.T) (hostPort string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write([]byte("# TYPE jobs_total counter\njobs_total{shop=\"berlin\"} 7\n"))
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...servers.PrometheusConfig) *servers.PrometheusServer{
		"2": servers.Prometheus2, "3": servers.Prometheus3,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := page(t)
			p := start(t, servers.PrometheusConfig{Targets: []string{target}, Interval: 200 * time.Millisecond})
			require.Eventually(t, func() bool { return len(p.Query("jobs_total", time.Now())) == 1 }, 20*time.Second, 50*time.Millisecond)
			before := time.Now().Add(-time.Minute)
			got := p.Query("jobs_total[1m]", time.Now())
			require.Len(t, got, 1)
			assert.Equal(t, map[string]string{"__name__": "jobs_total", "shop": "berlin", "job": "test", "instance": target}, got[0].Metric)
			for _, point := range got[0].Points {
				assert.InDelta(t, 7, point.Value, 0)
				assert.WithinRange(t, time.UnixMilli(point.UnixMilli), before, time.Now())
			}
			assert.Empty(t, p.Query("nothing", time.Now()))
		})
	}
}

func TestPromtool(t *testing.T) {
	t.Parallel()
	out, err := servers.Promtool(t, []byte("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"))
	require.NoError(t, err, out)
	out, err = servers.Promtool(t, []byte("a{ 1\n"))
	require.Error(t, err)
	assert.Contains(t, out, "error")
}
