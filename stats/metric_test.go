package stats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
	"github.com/shardstats/shardstats/transport/memory"
)

// newFlat returns a manual client at noon whose transport takes flat points.
func newFlat(t *testing.T, opts ...stats.Option) (*stats.Client, *memory.Transport) {
	t.Helper()
	m := memory.New(memory.Flat())
	c, err := stats.New(append([]stats.Option{
		stats.WithTransport(m), stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, m
}

func names(m *memory.Transport) []string {
	var out []string
	for _, s := range m.Series() {
		out = append(out, s.Name)
	}
	return out
}

func TestMetricsOfANameOrAPrefix(t *testing.T) {
	c, m := newFlat(t,
		stats.WithNamespace("app"),
		stats.WithMetric("app.*", stats.MetricConfig{Aggregates: []stats.Aggregate{stats.AggregateMin}}),
		stats.WithMetric("app.http.*", stats.MetricConfig{Aggregates: []stats.Aggregate{stats.AggregateMax}}),
		stats.WithMetric("app.http.exact", stats.MetricConfig{Percentiles: []float64{0.5}, Aggregates: []stats.Aggregate{stats.AggregatePercentiles}}),
		stats.WithMetric("app.http.exactly.*", stats.MetricConfig{Aggregates: []stats.Aggregate{stats.AggregateSum}}),
		stats.WithMetric("app.twice", stats.MetricConfig{Aggregates: []stats.Aggregate{stats.AggregateSum}}),
		stats.WithMetric("app.twice", stats.MetricConfig{Aggregates: []stats.Aggregate{stats.AggregateAvg}}),
	)
	for _, name := range []string{"other", "http.route", "http.exact", "http.exactly.one", "twice"} {
		c.Histogram(name, 1)
	}
	c.NewTimer("http.timer").Observe(time.Second)
	require.NoError(t, c.Flush(t.Context()))
	assert.ElementsMatch(t, []string{
		"app.other.min", "app.http.route.max", "app.http.exact.50percentile", "app.http.exactly.one.sum",
		"app.twice.avg", "app.http.timer.max",
	}, names(m))
}

func TestUnitsAndDescriptions(t *testing.T) {
	c, m := newKept(t, stats.WithMetric("sent", stats.MetricConfig{Unit: "byte", Description: "what went\nout"}))
	c.Count("sent", 1)
	c.Timing("t", time.Second)
	require.NoError(t, c.Flush(t.Context()))
	for _, s := range m.Series() {
		if s.Name == "t" {
			assert.Equal(t, "millisecond", s.Unit)
			assert.Empty(t, s.Description)
			continue
		}
		assert.Equal(t, "byte", s.Unit)
		assert.Equal(t, "what went_out", s.Description)
	}
}

func TestTagsThatAMetricAllowsOrBlocks(t *testing.T) {
	c, m := newKept(t, stats.WithTags("user:constant", "zone:b"),
		stats.WithMetric("blocks", stats.MetricConfig{BlockTags: []string{"user", "bare"}}),
		stats.WithMetric("allows", stats.MetricConfig{AllowTags: []string{"route", "user"}, BlockTags: []string{"user"}}),
		stats.WithMetric("none", stats.MetricConfig{AllowTags: []string{}}))
	child := c.With("user:child", "route:r")
	for i := range 10 {
		for _, name := range []string{"blocks", "allows", "none"} {
			child.Count(name, 1, fmt.Sprint("user:", i), "bare", "x")
		}
	}
	require.NoError(t, c.Flush(t.Context()))
	got := map[string][]string{}
	for _, s := range m.Series() {
		assert.NotContains(t, got, s.Name, "one series")
		got[s.Name] = s.Tags
		assert.Equal(t, 10.0, s.Points[0].Value)
	}
	assert.Equal(t, map[string][]string{
		"blocks": {"route:r", "user:constant", "x", "zone:b"},
		"allows": {"route:r", "user:constant", "zone:b"},
		"none":   {"user:constant", "zone:b"},
	}, got)
}

func TestASeriesLimitOfOneMetric(t *testing.T) {
	c, m := newKept(t, stats.WithMetric("wild.*", stats.MetricConfig{SeriesLimit: 2}))
	for i := range 10 {
		tag := fmt.Sprint("i:", i)
		c.Count("wild.c", 1, tag)
		c.Gauge("wild.g", 1, tag)
		c.At(noon).Rate("wild.r", 1, tag)
		c.Count("tame", 1, tag)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, 8.0, m.Sum("wild.c", "overflow:true"))
	assert.Equal(t, 1.0, m.Sum("wild.c", "i:1"))
	assert.Equal(t, uint64(16), c.Ledger().Refused[transport.ReasonSeriesLimit])
	count := 0
	for _, s := range m.Series() {
		if s.Name == "tame" {
			count++
		}
	}
	assert.Equal(t, 10, count, "the others are not touched")
}

func TestAReservoirOfItsOwnSize(t *testing.T) {
	c, m := newKept(t, stats.WithReservoirSize(100), stats.WithShards(1),
		stats.WithMetric("small", stats.MetricConfig{ReservoirSize: 10}),
		stats.WithMetric("large", stats.MetricConfig{ReservoirSize: 400}))
	for round := range 6 { // a later one starts with what the one before needed
		m.Reset()
		for i := range 1000 {
			for _, name := range []string{"small", "plain", "large"} {
				c.Histogram(name, float64(i))
			}
		}
		require.NoError(t, c.FlushAt(t.Context(), noon.Add(time.Hour)), round)
	}
	sizes := map[string]int{}
	for _, s := range m.Series() {
		sizes[s.Name] = len(s.Points[0].Summary.Samples)
	}
	assert.Equal(t, map[string]int{"small": 10, "plain": 100, "large": 400}, sizes)
}

func TestWrongMetrics(t *testing.T) {
	_, err := stats.New(stats.WithTransport(discard.New()),
		stats.WithMetric("", stats.MetricConfig{}),
		stats.WithMetric("a*", stats.MetricConfig{}),
		stats.WithMetric("a.*.b", stats.MetricConfig{}),
		stats.WithMetric("m", stats.MetricConfig{Percentiles: []float64{1}, Aggregates: []stats.Aggregate{99}, ReservoirSize: -1, SeriesLimit: -1}),
		stats.WithProfile(7))
	for _, want := range []string{
		`WithMetric(""): give a name`, `WithMetric("a*"): give a name`, `WithMetric("a.*.b"): give a name`,
		`WithMetric("m").Percentiles(1): give fractions`, `WithMetric("m").Aggregates(99)`, `WithMetric("m"): ReservoirSize is -1`,
		`WithMetric("m"): SeriesLimit is -1`, "WithProfile(7)",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestTheThreadStatsProfile(t *testing.T) {
	m, plain := memory.New(memory.Flat()), memory.New(memory.Flat())
	c, err := stats.New(stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}),
		stats.WithTransport(m), stats.WithTransport(plain, stats.UseProfile(stats.ProfileDefault)),
		stats.WithProfile(stats.ProfileThreadStats), stats.WithTags("z:constant", "k:v"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	old := time.Unix(100, 0)
	c.At(old).Count("c", 3, "b", "a", "b")
	c.At(old).Count("c", 3, "a", "b")
	c.With("child").At(old).Histogram("h", 1, "b")
	require.NoError(t, c.FlushAt(t.Context(), time.Unix(110, 0)))
	require.Len(t, m.Series(), 9)
	s := m.Series()[0]
	assert.Equal(t, []string{"b", "a", "z:constant", "k:v"}, s.Tags, "as first submitted, without what came twice, constant ones last")
	assert.Equal(t, transport.Point{Unix: 100, Value: 0.6}, s.Points[0])
	assert.Equal(t, []string{"b", "child", "z:constant", "k:v"}, m.Series()[1].Tags)
	assert.Equal(t, []string{
		"c", "h.min", "h.max", "h.count", "h.avg", "h.75percentile", "h.85percentile", "h.95percentile", "h.99percentile",
	}, names(m))
	assert.Equal(t, []string{"a", "b", "k:v", "z:constant"}, plain.Series()[0].Tags)
	assert.Equal(t, 6.0, plain.Series()[0].Points[0].Value)
}
