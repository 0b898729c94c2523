package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// expose makes a transport and a server for it; it returns the server's host:port.
func expose(t *testing.T) (*prometheus.Transport, string) {
	t.Helper()
	tr, err := prometheus.New(prometheus.Config{})
	require.NoError(t, err)
	server := httptest.NewServer(tr)
	t.Cleanup(server.Close)
	return tr, strings.TrimPrefix(server.URL, "http://")
}

// newest returns the last point of each series.
func newest(all buckets[float64]) map[string]float64 {
	last := map[string]float64{}
	for series, points := range all {
		at := int64(0)
		for unix, value := range points {
			if unix > at {
				at, last[series] = unix, value
			}
		}
	}
	return last
}

func TestPrometheusScrapesTotals(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...servers.PrometheusConfig) *servers.PrometheusServer{
		"prometheus_2": servers.Prometheus2, "prometheus_3": servers.Prometheus3,
	} {
		for _, protocol := range []string{"as it likes", "PrometheusText0.0.4", "OpenMetricsText1.0.0"} {
			config := servers.PrometheusConfig{}
			if protocol != "as it likes" {
				if name == "prometheus_2" {
					continue // it cannot be told
				}
				config.Scrape = "  scrape_protocols: [" + protocol + "]"
			}
			t.Run(name+"/"+strings.ReplaceAll(protocol, " ", "_"), func(t *testing.T) {
				t.Parallel()
				tr, addr := expose(t)
				want := newest(submitTotals(t, tr, newClock()))
				config.Targets = []string{addr}
				p := start(t, config)
				got := map[string]float64{}
				assert.Eventually(t, func() bool {
					clear(got)
					for _, s := range p.Query(`{__name__=~"shop_.*"}`, time.Now()) {
						assert.Equal(t, addr, s.Metric["instance"])
						delete(s.Metric, "instance")
						delete(s.Metric, "job")
						got[seriesKey(s.Metric["__name__"], s.Metric)] = s.Points[0].Value
					}
					return len(got) == len(want)
				}, patience, 200*time.Millisecond)
				assert.Equal(t, want, got)
			})
		}
	}
}

// Three processes are scraped, and their native histograms merged.
func TestPrometheusScrapesNativeHistogramsThatMerge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start  func(testing.TB, ...servers.PrometheusConfig) *servers.PrometheusServer
		scrape string
	}{
		"prometheus_2": {servers.Prometheus2, ""},
		"prometheus_3": {servers.Prometheus3, "  scrape_native_histograms: true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var targets []string
			union := submitThree(t, newClock(), 3, func() transport.Transport {
				tr, addr := expose(t)
				targets = append(targets, addr)
				return tr
			})
			p := c.start(t, servers.PrometheusConfig{Targets: targets, Scrape: c.scrape})
			require.Eventually(t, func() bool { return len(p.Query("latency", time.Now())) == 3 }, patience, 200*time.Millisecond)
			assertMerged(t, p, union, time.Now())
		})
	}
}

// Without native histograms the buckets are powers of two, and the quantiles as good as
// those.
func TestPrometheusScrapesClassicHistograms(t *testing.T) {
	t.Parallel()
	tr, addr := expose(t)
	clock := newClock()
	c := newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock))
	for i := range 1000 {
		c.Distribution("latency", float64(i+1))
	}
	flushAll(t, c)
	p := servers.Prometheus3(t, servers.PrometheusConfig{Targets: []string{addr}, Scrape: "  scrape_protocols: [PrometheusText0.0.4]"})
	require.Eventually(t, func() bool { return len(p.Query("latency_count", time.Now())) == 1 }, patience, 200*time.Millisecond)
	now := time.Now()
	assert.InDelta(t, 1000, p.Query("latency_count", now)[0].Points[0].Value, 0)
	assert.InDelta(t, 500500, p.Query("latency_sum", now)[0].Points[0].Value, 0)
	assert.InDelta(t, 512, p.Query(`latency_bucket{le="512.0"}`, now)[0].Points[0].Value, 3)
	assert.InDelta(t, 500, p.Query(`histogram_quantile(0.5, latency_bucket)`, now)[0].Points[0].Value, 5)
}

func TestPromtoolFindsNothingWrongWithAPage(t *testing.T) {
	t.Parallel()
	tr, addr := expose(t)
	clock := newClock()
	names := []string{"odd name", "say\"this{now}", "9lives", "back\\slash"}
	opts := []stats.Option{stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock)}
	for _, name := range names {
		opts = append(opts, stats.WithMetric(name, stats.MetricConfig{Description: "Text with \" and \\, of " + name}))
	}
	c := newClient(t, opts...)
	for _, name := range names {
		c.Count(name, 1, `tag:"}\`, "le:5", "__name__:forged", "bare")
	}
	flushAll(t, c)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + addr)
	require.NoError(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	out, err := servers.Promtool(t, page)
	assert.NoError(t, err, "%s\n%s", out, page)
	assert.Empty(t, out)
}
