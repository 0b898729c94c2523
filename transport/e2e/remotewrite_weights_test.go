package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

// weighed is a distribution whose samples were taken at a rate of 0.4, with values of
// both signs and zero.
func weighed(unix int64, times float64) *transport.Batch {
	sum := &transport.Summary{Count: 10 * times, Sum: 7.5 * times, Min: -2, Max: 4}
	for _, v := range []float64{-2, 0, 1, 4} {
		sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: 2.5 * times})
	}
	return &transport.Batch{Series: []transport.Series{{
		Name: "weighed", Kind: transport.KindDistribution, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: unix, Summary: sum}},
	}}}
}

// Counts that are not whole go as float histograms.
func TestWeightsThatAreNotWholeArriveInPrometheus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start  func(testing.TB, ...servers.PrometheusConfig) *servers.PrometheusServer
		scrape string
	}{
		"prometheus_2": {servers.Prometheus2, ""},
		"prometheus_3": {servers.Prometheus3, "  scrape_native_histograms: true"},
	} {
		for _, how := range []string{"written", "scraped"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				var p *servers.PrometheusServer
				at := time.Now().Add(-time.Minute)
				if how == "written" {
					p = c.start(t)
					tr, _ := newRemoteWrite(t, p.URL, remotewrite.Auto)
					for n := range int64(3) {
						require.NoError(t, tr.Send(t.Context(), weighed(at.Unix()-30+10*n, float64(n+1))))
					}
				} else {
					tr, addr := expose(t)
					require.NoError(t, tr.Send(t.Context(), weighed(at.Unix(), 3)))
					p = c.start(t, servers.PrometheusConfig{Targets: []string{addr}, Scrape: c.scrape})
					require.Eventually(t, func() bool { return len(p.Query("weighed", time.Now())) == 1 }, patience, 200*time.Millisecond)
					at = time.Now()
				}
				got := p.Query("weighed", at)
				require.Len(t, got, 1)
				h := got[0].Points[0].Histogram
				require.NotNil(t, h)
				assert.InDelta(t, 30, h.Count, 1e-9)
				assert.InDelta(t, 22.5, h.Sum, 1e-9)
				require.Len(t, h.Buckets, 4)
				for i, v := range []float64{-2, 0, 1, 4} {
					b := h.Buckets[i]
					assert.InDelta(t, 7.5, b.Count, 1e-9)
					assert.True(t, b.Lower <= v && v <= b.Upper, "%v in %+v", v, b)
				}
			})
		}
	}
}
