package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/dogstatsd"
	"github.com/shardstats/shardstats/transport/e2e/servers"
)

func newDogStatsD(t *testing.T, config dogstatsd.Config) *dogstatsd.Transport {
	t.Helper()
	tr, err := dogstatsd.New(config)
	require.NoError(t, err)
	return tr
}

// submitLines submits from several goroutines what statsd_exporter understands,
// all of it now: counts that do not fall, gauges, and samples.
func submitLines(c *stats.Client, r *reference) {
	const workers, rounds = 4, 300
	now := time.Unix(0, 0) // of the one bucket
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(11, uint64(worker)))
			own := fmt.Sprintf("worker:%d", worker)
			for round := range rounds {
				route := fmt.Sprintf("route:/r/%d", random.IntN(30))
				delta := int64(random.IntN(100))
				quarters := float64(random.IntN(2000)-1000) / 4

				c.Count("requests", delta, route)
				r.count(keyOf("shop_requests", "env:test", "host:h1", route), now, float64(delta))
				c.OnHost("h2").CountFloat("bytes", float64(delta)/4, "dir:in", own)
				r.count(keyOf("shop_bytes", "env:test", "host:h2", "dir:in", own), now, float64(delta)/4)
				c.Gauge("load", quarters, own)
				r.gauge(keyOf("shop_load", "env:test", "host:h1", own), now, quarters)
				if round%6 == 0 { // few: all are kept
					c.Histogram("size", quarters)
					r.observe(keyOf("shop_size", "env:test", "host:h1"), now, quarters)
					c.Distribution("share", quarters, own)
					r.observe(keyOf("shop_share", "env:test", "host:h1", own), now, quarters)
					c.Timing("wait", time.Duration(delta)*time.Millisecond)
					r.observe(keyOf("shop_wait", "env:test", "host:h1"), now, float64(delta)/1000)
				}
			}
		})
	}
	wg.Wait()
}

// assertExposed compares the exporter's page with what was submitted to c.
func assertExposed(t *testing.T, r *reference, c *stats.Client, e *servers.Exporter) {
	t.Helper()
	identity := func(v float64) float64 { return v }
	want, values := map[string]float64{}, 0
	for series := range r.counts {
		want[series] = r.counts.total(series, identity)
		values++
	}
	for series := range r.gauges {
		want[series] = r.gauges.total(series, identity) // one bucket
		values++
		if want[series] < 0 {
			values++ // a zero before it
		}
	}
	kept := c.Ledger().Unsampled == 0 && c.Ledger().Starved == 0
	for series, starts := range r.samples {
		name, labels, _ := strings.Cut(series, "{")
		for _, samples := range starts {
			want[name+"_count{"+labels] = float64(len(samples))
			if kept {
				want[name+"_sum{"+labels] = sum(samples)
			}
			values += len(samples)
		}
	}
	// Each line is added to the page by itself.
	require.Eventually(t, func() bool { return e.Metrics()["statsd_exporter_samples_total"] == float64(values) },
		patience, 20*time.Millisecond, "%v of %d", e.Metrics()["statsd_exporter_samples_total"], values)
	var page map[string]float64
	assert.Eventually(t, func() bool {
		page = e.Metrics()
		for series, value := range want {
			if math.Abs(page[series]-value) > 1e-9 {
				return false
			}
		}
		return true
	}, 2*time.Second, 20*time.Millisecond)
	for series, value := range want {
		assert.InDelta(t, value, page[series], 1e-9, series)
	}
	for series, value := range page {
		if _, ok := want[series]; strings.HasPrefix(series, "shop_") && !strings.Contains(series, "quantile=") {
			assert.True(t, ok || !kept && strings.Contains(series, "_sum{"), "%s %v was never submitted", series, value)
		}
		if strings.HasPrefix(series, "statsd_exporter_sample_errors_total") || strings.HasPrefix(series, "statsd_exporter_events_error_total") {
			assert.Zero(t, value, series)
		}
	}
	if kept {
		assertQuantiles(t, r, page)
	}
}

// assertQuantiles allows the exporter's summaries the errors of rank they promise.
func assertQuantiles(t *testing.T, r *reference, page map[string]float64) {
	t.Helper()
	for series, starts := range r.samples {
		for _, samples := range starts {
			for p, off := range map[float64]float64{0.5: 0.05, 0.9: 0.01, 0.99: 0.001} {
				name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
				got, ok := page[fmt.Sprintf(`%s{%s,quantile="%v"}`, name, labels, p)]
				if assert.True(t, ok, "%s has no quantile %v", series, p) {
					one := 1 / float64(len(samples)) // both sides pick a value, not a point between two
					assert.GreaterOrEqual(t, got, nearestRank(samples, max(p-off-one, 0))-1e-9, "%s %v", series, p)
					assert.LessOrEqual(t, got, nearestRank(samples, min(p+off+one, 1))+1e-9, "%s %v", series, p)
				}
			}
		}
	}
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

func linesClient(t *testing.T, config dogstatsd.Config) *stats.Client {
	t.Helper()
	return newClient(t, stats.WithTransport(newDogStatsD(t, config)), stats.WithManualFlush(),
		stats.WithRollupInterval(time.Hour), stats.WithClock(newClock()), // one bucket
		stats.WithNamespace("shop"), stats.WithTags("env:test"), stats.WithHost("h1"))
}

func assertLinesArrive(t *testing.T, e *servers.Exporter, config dogstatsd.Config) {
	t.Helper()
	c := linesClient(t, config)
	r := newReference(time.Hour)
	submitLines(c, r)
	flushAll(t, c)
	assertExposed(t, r, c, e)
}

func TestDogStatsDArrivesInStatsdExporter(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*servers.Exporter) string{
		"udp":      func(e *servers.Exporter) string { return "udp://" + e.Addr },
		"unixgram": func(e *servers.Exporter) string { return "unixgram://" + e.Unixgram },
		"unix":     func(e *servers.Exporter) string { return "unix://" + e.Unixgram },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := servers.StatsdExporter(t)
			assertLinesArrive(t, e, dogstatsd.Config{Address: address(e), SignedDeltas: true})
		})
	}
}

// One value a line is the same to the receiver.
func TestDogStatsDUnpackedArrivesInStatsdExporter(t *testing.T) {
	t.Parallel()
	e := servers.StatsdExporter(t)
	assertLinesArrive(t, e, dogstatsd.Config{Address: "udp://" + e.Addr, SignedDeltas: true, Packing: dogstatsd.PackNone})
}

// Half of the observations are recorded, and each stands for two.
func TestDogStatsDRatesArriveInStatsdExporter(t *testing.T) {
	t.Parallel()
	e := servers.StatsdExporter(t)
	c := linesClient(t, dogstatsd.Config{Address: "udp://" + e.Addr, SignedDeltas: true})
	const n = 2000
	for range n {
		c.Sampled(0.5).Histogram("size", 3)
	}
	flushAll(t, c)
	const count, total = `shop_size_count{env="test",host="h1"}`, `shop_size_sum{env="test",host="h1"}`
	last := -1.0
	require.Eventually(t, func() bool { // until the page stands still
		before := last
		last = e.Metrics()[count]
		return last > 0 && last == before
	}, patience, 100*time.Millisecond)
	page := e.Metrics()
	assert.InDelta(t, n, page[count], 6*math.Sqrt(n), "six standard deviations of 2·Binomial(n, 1/2)")
	assert.Zero(t, math.Mod(page[count], 2), "each stands for two")
	assert.InDelta(t, 3*page[count], page[total], 0)
}

// A socket that vanished holds the points back, and takes them when it is there
// again.
func TestDogStatsDWaitsForASocket(t *testing.T) {
	t.Parallel()
	e := servers.StatsdExporter(t)
	c := linesClient(t, dogstatsd.Config{Address: "unixgram://" + e.Unixgram, SignedDeltas: true})
	c.Increment("before")
	flushAll(t, c)
	require.Eventually(t, func() bool { return e.Metrics()[`shop_before{env="test",host="h1"}`] == 1 }, patience, 20*time.Millisecond)

	e.Kill()
	r := newReference(time.Hour)
	submitLines(c, r)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.Error(t, c.Flush(ctx))
	books := c.Ledger().Transports[0]
	assert.Equal(t, books.RolledUp-1, books.Pending, "%+v", books)

	e.Start() // with an empty page
	flushAll(t, c)
	assertExposed(t, r, c, e)
}

// The original statsd shows the members of sets; tags are part of its names.
func TestDogStatsDSetsArriveInStatsd(t *testing.T) {
	t.Parallel()
	s := servers.Statsd(t)
	c := linesClient(t, dogstatsd.Config{Address: "udp://" + s.UDP, SignedDeltas: true, Packing: dogstatsd.PackNone})
	want := map[string][]string{}
	for town := range 5 {
		key := fmt.Sprintf("shop.guests;town=%d;env=test;host=h1", town)
		for guest := range 40 * (town + 1) {
			name := fmt.Sprintf("guest %d@%d", guest, town)
			want[key] = append(want[key], name)
			for range 2 {
				c.Set("guests", name, fmt.Sprintf("town:%d", town))
			}
		}
	}
	flushAll(t, c)
	lines := 40 + 80 + 120 + 160 + 200
	require.Eventually(t, func() bool { return len(s.Lines()) >= lines }, patience, 10*time.Millisecond)
	s.Terminate()
	assert.Len(t, s.Lines(), lines)
	got := map[string][]string{}
	for key, members := range s.Flushes()[0].Sets {
		got[sortedTags(key)] = members
	}
	for key, members := range want {
		assert.ElementsMatch(t, members, got[sortedTags(key)], key)
	}
	assert.Len(t, got, len(want))
	assert.Zero(t, s.Flushes()[0].Counters["statsd.bad_lines_seen"])
}

// sortedTags puts the tags in statsd's names in order.
func sortedTags(key string) string {
	parts := strings.Split(key, ";")
	slices.Sort(parts[1:])
	return strings.Join(parts, ";")
}
