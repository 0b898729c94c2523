package stats_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// tally is a backend that adds up what it gets, and keeps nothing else.
type tally struct {
	overwrite bool
	mu        sync.Mutex
	counts    float64
	observed  float64
	overflow  float64 // of counts and observations, what came through overflow series
	series    int     // in the last batches, since it was last set to 0
}

func (a *tally) Describe() transport.Description {
	return transport.Description{Name: "tally", Summaries: true}
}

func (a *tally) Temporality(transport.Kind) transport.Temporality {
	if a.overwrite {
		return transport.Overwrite
	}
	return transport.Additive
}

func (a *tally) Close(context.Context) error { return nil }

func (a *tally) Send(_ context.Context, b *transport.Batch) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range b.Series {
		s := &b.Series[i]
		a.series++
		for _, p := range s.Points {
			n := p.Value
			if p.Summary != nil {
				n = p.Summary.Count
				a.observed += n
			} else {
				a.counts += n
			}
			for _, tag := range s.Tags {
				if tag == "overflow:true" || tag == "kind:count" || tag == "kind:histogram" {
					a.overflow += n
				}
			}
		}
	}
	return nil
}

// heapAfterGC returns the bytes of live objects.
func heapAfterGC() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first one empties weak pointers and pools
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestAHundredThousandSeriesInOneIntervalKeepToTheLimitAndLoseNoCountConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs, names int }{{1, 1, 1}, {4, 2, 10}, {8, 8, 5000}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d/names=%d", test.goroutines, test.procs, test.names), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			const limit, distinct = 1000, 100_000
			a := new(tally)
			clock := &fixedClock{now: noon}
			c, err := stats.New(quiet(stats.WithTransport(a), stats.WithManualFlush(), stats.WithClock(clock), stats.WithSeriesLimit(limit))...)
			require.NoError(t, err)
			before := heapAfterGC()
			var wg sync.WaitGroup
			for g := range test.goroutines {
				wg.Go(func() {
					for i := g; i < distinct; i += test.goroutines {
						name, tag := "m"+strconv.Itoa(i%test.names), "user:"+strconv.Itoa(i)
						c.Count(name, 1, tag)
						if i%4 == 0 {
							c.Histogram(name, 1, tag)
							c.Gauge(name, 1, tag)
						}
					}
				})
			}
			wg.Wait()
			l := c.Ledger()
			assert.Equal(t, limit, l.Series)
			if heap := heapAfterGC(); heap > before {
				assert.Less(t, heap-before, uint64(limit+4*1000)*6<<10, "memory goes with what was refused")
			}
			gauges := uint64(distinct/4) - l.Refused[transport.ReasonSeriesLimit]
			require.NoError(t, c.Flush(t.Context()))
			assert.Equal(t, float64(distinct+gauges), a.counts, "a count was lost in the overflow")
			assert.Equal(t, float64(distinct/4), a.observed)
			assert.Greater(t, a.overflow, 0.0)
			assert.LessOrEqual(t, a.series, limit+2*1000+4)

			// In the next interval the idle ones give up their places.
			for range 2 {
				clock.set(clock.Now().Add(10 * time.Second))
				require.NoError(t, c.FlushAt(t.Context(), clock.Now()))
			}
			c.Gauge("fresh", 1)
			c.Count("fresh", 1, "a:b")
			assert.Equal(t, l.Refused, c.Ledger().Refused, "no place was given up")
			require.NoError(t, c.Close())
		})
	}
}

// TestSeriesThatComeAndGoLeaveNothingBehind lets a quarter of a million series
// live for one interval each.
func TestSeriesThatComeAndGoLeaveNothingBehind(t *testing.T) {
	const perInterval, intervals, warm = 500, 500, 100
	add, over := new(tally), &tally{overwrite: true}
	clock := &fixedClock{now: noon}
	c, err := stats.New(quiet(stats.WithTransport(add), stats.WithTransport(over), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithSeriesLimit(10*perInterval), stats.WithIdleExpiry(10*time.Second), stats.WithLateWindow(0),
		stats.WithMaxAge(time.Minute, time.Minute))...)
	require.NoError(t, err)
	names := 0
	rows := 0
	var heap uint64
	for i := range intervals {
		for range perInterval {
			names++
			tag := "n:" + strconv.Itoa(names)
			c.Count("count", 1, tag)
			if names%10 == 0 {
				c.Histogram("hist", 1, tag)
				c.Set("set", tag, tag)
			}
		}
		rows = max(rows, c.SeriesOf(transport.KindCount, "count", "n:"+strconv.Itoa(names)).ID.Row())
		clock.set(clock.Now().Add(10 * time.Second))
		require.NoError(t, c.FlushAt(t.Context(), clock.Now()))
		if i%5 == 0 {
			runtime.GC() // in a service it happens by itself
		}
		if i == warm {
			heap = heapAfterGC()
		}
	}
	end := heapAfterGC()
	assert.Less(t, end, heap+heap/10+1<<20, "memory grows with the series that are gone")
	assert.Less(t, rows, 10*perInterval*3/64, "ids are not reused")
	require.NoError(t, c.Close())
	for _, a := range []*tally{add, over} {
		sets := float64(names / 10) // of one member each
		assert.Equal(t, float64(names)+sets, a.counts)
		assert.Equal(t, float64(names/10), a.observed)
	}
	l := c.Ledger()
	assert.Empty(t, l.Refused)
	assert.True(t, l.Balanced())
	t.Logf("%d series, %d rows, heap %d KiB at first, %d KiB at the end", names, rows, heap>>10, end>>10)
}

// Series expire, come back, give up their places and free their ids while
// submitters use them by name and through handles kept for long.
func TestExpiryUnderSubmittersLosesNothingConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs int }{{2, 1}, {4, 2}, {8, 8}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d", test.goroutines, test.procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			a := new(tally)
			clock := &fixedClock{now: noon}
			c, err := stats.New(quiet(stats.WithTransport(a), stats.WithManualFlush(), stats.WithClock(clock), stats.WithSeriesLimit(300),
				stats.WithIdleExpiry(2*time.Second), stats.WithRollupInterval(time.Second), stats.WithLateWindow(0))...)
			require.NoError(t, err)
			var counted, observed atomic.Int64
			var running, rounds atomic.Int64
			var wg sync.WaitGroup
			for g := range test.goroutines {
				running.Add(1)
				wg.Go(func() {
					defer running.Add(-1)
					r := rand.New(rand.NewPCG(uint64(g), 1))
					counter, hist := c.NewCounter("kept", strconv.Itoa(g)), c.NewHistogram("kept.h", strconv.Itoa(g))
					n, seen := int64(0), int64(0)
					for i := range 40_000 {
						tag := "n:" + strconv.Itoa(i/200+r.IntN(40)) // slowly moving on
						switch i % 4 {
						case 0:
							c.Histogram("h", 1, tag)
							seen++
						case 1:
							c.At(clock.Now()).Count("timed", 1, tag)
							n++
						default:
							c.Count("c", 1, tag)
							n++
						}
						if i%5000 == 0 { // rarely: the series is unlinked between
							counter.Inc()
							hist.Observe(1)
							n++
							seen++
						}
						for i%200 == 0 && rounds.Load() < int64(i/200) {
							runtime.Gosched()
						}
					}
					counted.Add(n)
					observed.Add(seen)
				})
			}
			wg.Go(func() {
				for n := time.Duration(0); running.Load() > 0; n++ {
					clock.set(noon.Add(n * time.Second))
					assert.NoError(t, c.FlushAt(t.Context(), clock.Now()))
					if n%8 == 0 {
						runtime.GC()
					}
					rounds.Add(1)
					runtime.Gosched()
				}
			})
			wg.Wait()
			require.NoError(t, c.Shutdown(t.Context()))
			assert.Equal(t, float64(counted.Load()), a.counts)
			assert.Equal(t, float64(observed.Load()), a.observed)
			assert.Empty(t, c.Ledger().Refused)
			assert.True(t, c.Ledger().Balanced())
			assert.GreaterOrEqual(t, rounds.Load(), int64(199))
		})
	}
}

func TestASeriesUsedThroughAHandleAfterItWasUnlinkedLivesAgainAndEndsWithTheHandle(t *testing.T) {
	a := new(tally)
	clock := &fixedClock{now: noon}
	c, err := stats.New(stats.WithTransport(a), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithIdleExpiry(10*time.Second), stats.WithLateWindow(0))
	require.NoError(t, err)
	pass := func() {
		clock.set(clock.Now().Add(20 * time.Second))
		runtime.GC()
		require.NoError(t, c.FlushAt(t.Context(), clock.Now()))
	}
	counter := c.NewCounter("kept")
	for range 3 { // each time: used, idle, unlinked, used again
		counter.Inc()
		pass()
		assert.Equal(t, 1, c.Ledger().Series, "in use")
		pass()
		assert.Zero(t, c.Ledger().Series, "idle")
		pass()
		assert.True(t, c.Reachable("kept"))
	}
	runtime.KeepAlive(counter)
	counter = nil
	for range 8 {
		pass()
	}
	records, unlinked := c.Counts()
	assert.Zero(t, records, "what nobody can use any more is kept")
	assert.Zero(t, unlinked)
	require.NoError(t, c.Close())
	assert.Equal(t, 3.0, a.counts)
}
