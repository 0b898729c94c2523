package e2e

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
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

// A distribution that grows wider gets coarser buckets, and one that grows longer gets
// bins. Neither looks like a restart, which would count all of it again.
func TestWideningDistributionsAreNoRestartsToPrometheus(t *testing.T) {
	t.Parallel()
	p := servers.Prometheus3(t)
	clock := newClock()
	tr, err := remotewrite.New(remotewrite.Config{URL: p.URL + "/api/v1/write", MaxBuckets: 160})
	require.NoError(t, err)
	c := newClient(t, stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(clock))
	random := rand.New(rand.NewPCG(9, 0))
	schemas := map[float64]bool{} // by the width of a bucket
	const rounds, each = 8, 1500
	for round := range rounds {
		for range each {
			c.Distribution("widening", math.Exp(random.NormFloat64()*float64(round+1)/2))
		}
		flushAll(t, c)
		clock.advance(10 * time.Second)
		got := p.Query("widening", clock.Now())
		require.Len(t, got, 1)
		h := got[0].Points[0].Histogram
		assert.InDelta(t, each*(round+1), h.Count, 0)
		schemas[math.Round(1e3*math.Log2(h.Buckets[0].Upper/h.Buckets[0].Lower))] = true
	}
	assert.Greater(t, len(schemas), 1, "the buckets did get coarser")
	resets := p.Query("resets(widening[10m])", clock.Now())
	require.Len(t, resets, 1)
	assert.Zero(t, resets[0].Points[0].Value)
}
