package stats_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

var epoch = time.Unix(1_700_000_000, 0)

// fixedClock is a clock that a test sets.
type fixedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fixedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fixedClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// flusher plays one flush of the real one: a drain, then a sweep.
func flusher(c *stats.Client, now time.Time, newest, oldest uint64) {
	c.Store().Swap()
	c.Store().Drain(now.Unix(), ignore{})
	c.Sweep(now, newest, oldest)
}

func TestRefusedAtTheDoor(t *testing.T) {
	c := newManual(t)
	c.Count("", 1)
	c.Count("a", 1, strings.Repeat("x", 64<<10+1))
	c.Count(strings.Repeat("x", 1<<20), 1, "a", "b", "c", "d", "e")
	c.Gauge("g", nan())
	c.Histogram("h", inf())
	c.CountFloat("c", -inf())
	c.NewHistogram("h").ObserveN([]float64{1, nan(), 2, inf()})
	c.Set("s", strings.Repeat("m", 64<<10+1))
	c.GaugeAdd("g", 1e308)
	c.GaugeAdd("g", 1e308) // the sum is not finite
	l := c.Ledger()
	assert.Equal(t, map[stats.Reason]uint64{
		transport.ReasonBadName:  3,
		transport.ReasonBadValue: 7,
	}, l.Refused)
}

func TestNilAndZeroDiscard(t *testing.T) {
	for name, c := range map[string]*stats.Client{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			everyMethod(c)
			assert.NoError(t, c.Flush(t.Context()))
			assert.NoError(t, c.FlushAt(t.Context(), epoch))
			assert.NoError(t, c.Shutdown(t.Context()))
			assert.NoError(t, c.Close())
			l := c.Ledger()
			assert.True(t, l.Balanced())
			assert.Zero(t, l.RefusedTotal())
		})
	}
	var (
		counter *stats.Counter
		gauge   *stats.Gauge
		hist    *stats.Histogram
		dist    *stats.Distribution
		timer   *stats.Timer
		set     *stats.Set
	)
	counter.Inc()
	counter.Add(1)
	counter.AddFloat(1)
	gauge.Set(1)
	gauge.Add(1)
	hist.Observe(1)
	hist.ObserveN([]float64{1})
	dist.Observe(1)
	dist.ObserveN([]float64{1})
	timer.Observe(1)
	assert.Zero(t, timer.Start().Stop())
	set.Add("m")
	(&stats.Counter{}).Inc()
	assert.Zero(t, stats.Stopwatch{}.Stop())
	stats.Call{}.Count("a", 1)
	stats.Call{}.At(epoch).Set("a", "b")
	stats.Call{}.At(epoch).OnHost("h").Sampled(0).Count("a", 1)
	stats.Call{}.At(epoch).Sampled(0.5).Histogram("a", 1)
	stats.Call{}.At(epoch).Rate("a", 1)
	stats.Call{}.At(epoch).GaugeAdd("a", 1)
	(*stats.Rate)(nil).Observe(1)
}

// everyMethod calls each submission once.
func everyMethod(c *stats.Client) {
	c.Increment("c", "t")
	c.Decrement("c", "t")
	c.Count("c", 2)
	c.CountFloat("c", 0.5)
	c.Gauge("g", 1)
	c.GaugeAdd("g", 1)
	c.Histogram("h", 1)
	c.Distribution("d", 1)
	c.Timing("t", time.Second)
	c.Set("s", "m")
	c.StartTimer("t").Stop()
	c.Timed("t", func() {})
	k := c.At(epoch)
	k.Increment("c")
	k.Decrement("c")
	k.Count("c", 2)
	k.CountFloat("c", 0.5)
	k.Gauge("g", 1)
	k.GaugeAdd("g", 1)
	k.Histogram("h", 1)
	k.Distribution("d", 1)
	k.Timing("t", time.Second)
	k.Set("s", "m")
	k.Rate("r", 1)
	c.Rate("r", 1)
	c.NewRate("r").Observe(1)
	c.OnHost("h").Increment("c")
	c.Sampled(0.5).At(epoch).OnHost("").Increment("c")
	c.Sampled(0).Histogram("h", 1)
	c.GaugeFunc("f", func() float64 { return 1 })()
	c.With("x").Increment("c")
	c.WithNamespace("ns").Increment("c")
	c.NewCounter("c").Inc()
	c.NewGauge("g").Set(1)
	c.NewHistogram("h").Observe(1)
	c.NewDistribution("d").Observe(1)
	c.NewTimer("t").Observe(time.Second)
	c.NewSet("s").Add("m")
}

func TestOneNameWithTwoKindsIsReportedOnce(t *testing.T) {
	var got []error
	c := newManual(t, stats.WithErrorHandler(func(err error) { got = append(got, err) }))
	c.Count("x", 1)
	c.Gauge("x", 1)
	c.Gauge("x", 1, "a")
	c.Histogram("x", 1)
	flusher(c, epoch, 1, 1)
	require.Len(t, got, 1)
	assert.ErrorContains(t, got[0], `"x"`)
	records, _ := c.Counts()
	assert.Equal(t, 4, records, "all are kept")
}

func TestBadOptionsComeBackJoined(t *testing.T) {
	_, err := stats.New(
		stats.WithFlushInterval(0), stats.WithRollupInterval(1500*time.Millisecond), stats.WithShards(-1),
		stats.WithPercentiles(0.5, 1.5), stats.WithSeriesLimit(0), stats.WithTransport(nil, stats.Queue(0, 0)),
		stats.WithMaxAge(-1, 0), stats.WithReservoirSize(0), stats.WithClock(nil), stats.WithLogger(nil),
	)
	require.Error(t, err)
	for _, option := range []string{
		"WithFlushInterval", "WithRollupInterval", "WithShards", "WithPercentiles(1.5)", "WithSeriesLimit",
		"WithTransport", "Queue", "WithMaxAge", "WithReservoirSize", "WithClock", "WithLogger",
	} {
		assert.ErrorContains(t, err, option)
	}
	_, err = stats.New()
	assert.ErrorContains(t, err, "WithTransport")
	c, err := stats.New(stats.WithDisabled())
	require.NoError(t, err)
	everyMethod(c)
	assert.NoError(t, c.Close())
}

func TestBeyondTheLimitGoesToOverflow(t *testing.T) {
	var got []error
	c := newManual(t, stats.WithSeriesLimit(10), stats.WithTags("const:1"),
		stats.WithErrorHandler(func(err error) { got = append(got, err) }))
	for i := range 1000 {
		c.Count("req", 1, fmt.Sprint("user:", i))
		c.Gauge("temp", 1, fmt.Sprint("user:", i))
	}
	s := c.SeriesOf(transport.KindCount, "req", "user:new")
	assert.Equal(t, "req", s.Name())
	assert.Equal(t, []string{"const:1", "overflow:true"}, s.AppendTags(nil))
	l := c.Ledger()
	assert.Equal(t, 10, l.Series)
	assert.Equal(t, map[stats.Reason]uint64{transport.ReasonSeriesLimit: 995}, l.Refused)

	// past a thousand names there is one series for each kind
	for i := range 1100 {
		c.Histogram(fmt.Sprint("h", i), 1)
	}
	s = c.SeriesOf(transport.KindHistogram, "h-new")
	assert.Equal(t, "shardstats.overflow", s.Name())
	assert.Equal(t, []string{"const:1", "kind:histogram"}, s.AppendTags(nil))
	records, _ := c.Counts()
	assert.LessOrEqual(t, records, 10+1000+4)
	flusher(c, epoch, 1, 1)
	require.Len(t, got, 1, "the limit is reported once a minute")
	assert.ErrorContains(t, got[0], "WithSeriesLimit")
}

func TestTheSeriesIdleLongestGivesUpItsPlace(t *testing.T) {
	clock := &fixedClock{now: epoch}
	c := newManual(t, stats.WithSeriesLimit(10), stats.WithClock(clock), stats.WithIdleExpiry(time.Hour))
	for i := range 10 {
		c.Count("old", 1, fmt.Sprint(i))
	}
	flusher(c, epoch.Add(10*time.Second), 1, 1)
	clock.set(epoch.Add(20 * time.Second))
	for i := range 9 { // all but the last are in use
		c.Count("old", 1, fmt.Sprint(i))
	}
	flusher(c, epoch.Add(20*time.Second), 2, 2)
	s := c.SeriesOf(transport.KindCount, "new")
	assert.Equal(t, "new", s.Name())
	assert.Empty(t, s.AppendTags(nil), "it is no overflow series")
	assert.False(t, c.Seen(transport.KindCount, "old", "9"))
	assert.True(t, c.Seen(transport.KindCount, "old", "8"))
	s = c.SeriesOf(transport.KindCount, "newer")
	assert.Equal(t, []string{"overflow:true"}, s.AppendTags(nil), "nobody else was idle")
}

func TestIdleSeriesAreFreedAndTheirIDsReused(t *testing.T) {
	clock := &fixedClock{now: epoch}
	c := newManual(t, stats.WithClock(clock), stats.WithIdleExpiry(time.Minute))
	id := c.SeriesOf(transport.KindCount, "x", "a").ID
	c.SeriesOf(transport.KindCount, "x", "b")

	now := epoch.Add(2 * time.Minute)
	flusher(c, now, 7, 8)
	assert.False(t, c.Seen(transport.KindCount, "x", "a"))
	_, unlinked := c.Counts()
	assert.Equal(t, 2, unlinked)
	require.Eventually(t, func() bool { // the collector decides when
		runtime.GC()
		now = now.Add(time.Second)
		flusher(c, now, 9, 3) // bucket 3 is still kept: no id is free yet
		return !c.Reachable("x")
	}, 30*time.Second, time.Millisecond)
	flusher(c, now, 9, 3)
	flusher(c, now, 9, 9)
	records, unlinked := c.Counts()
	assert.Equal(t, 2, records, "buckets up to 9 may hold the ids")
	assert.Equal(t, 2, unlinked)
	flusher(c, now, 10, 10)
	records, unlinked = c.Counts()
	assert.Zero(t, records)
	assert.Zero(t, unlinked)

	clock.set(now)
	got := map[shard.ID]bool{c.SeriesOf(transport.KindCount, "y").ID: true, c.SeriesOf(transport.KindCount, "z").ID: true}
	assert.True(t, got[id], "ids are used again")
}

func TestAHandleKeepsItsSeries(t *testing.T) {
	clock := &fixedClock{now: epoch}
	c := newManual(t, stats.WithClock(clock), stats.WithIdleExpiry(time.Minute))
	h := c.NewCounter("x")
	want := c.SeriesOf(transport.KindCount, "x")
	for i := range 20 {
		runtime.GC()
		flusher(c, epoch.Add(time.Duration(i+2)*time.Minute), uint64(i), uint64(i+1))
	}
	records, unlinked := c.Counts()
	assert.Equal(t, 1, records)
	assert.Equal(t, 1, unlinked)
	assert.Same(t, want, c.SeriesOf(transport.KindCount, "x"), "it comes back under its id")
	flusher(c, epoch.Add(30*time.Second), 30, 31)
	_, unlinked = c.Counts()
	assert.Zero(t, unlinked)
	h.Inc()
	runtime.KeepAlive(h)
}

func TestTheTableGrowsWithoutRehashAndIsTidiedByTheFlusher(t *testing.T) {
	c := newManual(t, stats.WithSeriesLimit(100_000))
	for i := range 20_000 {
		c.Count("x", 1, fmt.Sprint("i:", i))
	}
	assert.Greater(t, len(c.TableSizes()), 1)
	flusher(c, epoch, 1, 1)
	sizes := c.TableSizes()
	require.Len(t, sizes, 1)
	assert.GreaterOrEqual(t, sizes[0], 2*20_000)
	for i := range 20_000 {
		require.True(t, c.Seen(transport.KindCount, "x", fmt.Sprint("i:", i)))
	}
}

func TestSpellingsOfOneSeriesAreBounded(t *testing.T) {
	c := newManual(t)
	for range 1000 {
		c.With("a").Count("x", 1) // a new child each time, which one should not do
	}
	flusher(c, epoch, 1, 1)
	assert.Equal(t, []int{1024}, c.TableSizes())
	records, _ := c.Counts()
	assert.Equal(t, 1, records)
}

func TestFirstSightsRaceWithTheFlusherConcurrentSafe(t *testing.T) {
	clock := &fixedClock{now: epoch}
	c := newManual(t, stats.WithClock(clock), stats.WithSeriesLimit(2000), stats.WithIdleExpiry(2*time.Second))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 4000 {
				c.Count("x", 1, fmt.Sprint("i:", (i*7+g)%3000), "b", "c")
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	sum := &counting{}
	for i := uint64(1); ; i++ {
		now := epoch.Add(time.Duration(i) * time.Second)
		clock.set(now)
		c.Store().Swap()
		c.Store().Drain(now.Unix(), sum)
		c.Sweep(now, i, i)
		select {
		case <-done:
			c.Store().Drain(now.Unix(), sum)
			assert.Equal(t, int64(16_000), sum.n)
			return
		default:
		}
	}
}

type counting struct {
	ignore
	n int64
}

func (c *counting) Count(_ shard.ID, n int64, _ float64) { c.n += n }

func TestErrorHandlersThatPanicDoNoHarm(t *testing.T) {
	c := newManual(t, stats.WithErrorHandler(func(error) { panic(errors.New("mine")) }))
	c.Count("x", 1)
	c.Gauge("x", 1)
	assert.NoError(t, c.Flush(t.Context()))
}

func TestWhatDoesNotFitIntoABucketIsCounted(t *testing.T) {
	clock := &fixedClock{now: epoch}
	c := newManual(t, stats.WithClock(clock))
	for i := range 10_100 {
		c.At(epoch.Add(-time.Second)).Set("s", fmt.Sprint(i))
	}
	for range 100_010 {
		c.At(epoch.Add(-time.Second)).Distribution("d", 1)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, map[stats.Reason]uint64{
		transport.ReasonSetFull:          100,
		transport.ReasonDistributionFull: 10,
	}, c.Ledger().Refused)
}
