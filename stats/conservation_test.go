package stats_test

import (
	"context"
	"fmt"
	"os"
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

// operations is how many submissions the headline test makes. SHARDSTATS_OPS
// sets another number.
func operations() int {
	if n, err := strconv.Atoi(os.Getenv("SHARDSTATS_OPS")); err == nil && n > 0 {
		return n
	}
	return 6_400_000 // of which over 5,000,000 add up to something that is compared
}

// load is what one submitter has submitted, to be found again at the backends.
type load struct{ counts, large, floats, ones, dists, timings, timed, members uint64 }

func (l *load) total() uint64 {
	return l.counts + l.large + l.floats + l.ones + l.dists + l.timings + l.timed + l.members
}

// submitter submits every kind in turn, by name, through handles and children.
type submitter struct {
	c       *stats.Client
	child   *stats.Client
	id      int
	counter *stats.Counter
	hist    *stats.Histogram
	dist    *stats.Distribution
	gauge   *stats.Gauge
	tag     string
	at      time.Time
}

func newSubmitter(c *stats.Client, id int, at time.Time) *submitter {
	tag := fmt.Sprint("worker:", id%3) // some share their series
	return &submitter{
		c: c, child: c.With("child:1"), id: id, tag: tag, at: at,
		counter: c.NewCounter("count", tag), hist: c.NewHistogram("hist.ones", tag),
		dist: c.NewDistribution("dist.ones", tag), gauge: c.NewGauge("gauge", fmt.Sprint("worker:", id)),
	}
}

func (s *submitter) submit(i int, l *load) {
	switch i % 16 {
	case 0, 1, 2, 3:
		s.counter.Inc()
		l.counts++
	case 4, 5:
		s.c.Count("count", 1, s.tag, "a:b")
		l.counts++
	case 6:
		s.child.Increment("count")
		l.counts++
	case 7:
		s.c.CountFloat("floats", 0.5, s.tag)
		l.floats++
	case 8, 9:
		s.hist.Observe(1)
		l.ones++
	case 10:
		s.c.Histogram("hist.ones", 1, "x:y", s.tag)
		l.ones++
	case 11:
		s.gauge.Set(float64(i))
		if i%64 == 11 {
			s.dist.Observe(1)
			l.dists++
		}
	case 12:
		s.c.Timing("timing", time.Millisecond, s.tag)
		l.timings++
	case 13:
		s.c.Count("large", 1<<21, s.tag)
		l.large++
	case 14:
		if i%128 == 14 {
			s.c.At(s.at.Add(-time.Duration(i%600)*time.Second)).Count("timed", 1, s.tag)
			l.timed++
		}
	case 15:
		if i%1024 == 15 {
			s.c.Set("set", fmt.Sprint("m", s.id, "-", i), s.tag)
			l.members++
		}
	}
}

func sumLoads(loads []load) load {
	var all load
	for _, l := range loads {
		all.counts += l.counts
		all.large += l.large
		all.floats += l.floats
		all.ones += l.ones
		all.dists += l.dists
		all.timings += l.timings
		all.timed += l.timed
		all.members += l.members
	}
	return all
}

// checkArrived compares what arrived with what was submitted.
func checkArrived(t *testing.T, r *receiver, all load) {
	t.Helper()
	name := r.Describe().Name
	assert.Equal(t, float64(all.counts), r.total(transport.KindCount, "count").value, "%s: counts", name)
	assert.Equal(t, float64(all.large)*(1<<21), r.total(transport.KindCount, "large").value, "%s: large deltas", name)
	assert.Equal(t, float64(all.floats)*0.5, r.total(transport.KindCount, "floats").value, "%s: float deltas", name)
	assert.Equal(t, float64(all.ones), r.total(transport.KindHistogram, "hist.ones").count, "%s: observations", name)
	assert.Equal(t, float64(all.dists), r.total(transport.KindDistribution, "dist.ones").count, "%s: values", name)
	assert.Equal(t, float64(all.dists), r.total(transport.KindDistribution, "dist.ones").weights, "%s: raw values", name)
	assert.Equal(t, float64(all.timings), r.total(transport.KindTiming, "timing").sum, "%s: timings", name)
	assert.Equal(t, float64(all.timed), r.total(transport.KindCount, "timed").value, "%s: timed", name)
	assert.Equal(t, int(all.members), len(r.total(transport.KindSet, "set").members), "%s: members", name)
	assert.Empty(t, r.broken)
}

type storm struct {
	goroutines int
	maxProcs   []int // GOMAXPROCS, in turn while the test runs
	flushers   int
	ops        int
	swaps      int  // spread over the operations
	disturb    bool // GC and LockOSThread meanwhile
}

func TestEverythingSubmittedArrivesConcurrentSafe(t *testing.T) {
	all := operations()
	for name, s := range map[string]storm{
		"8 submitters, a flusher without pause": {goroutines: 8, flushers: 1, ops: all, swaps: 11_500},
		"GOMAXPROCS 1 to 8 to 2":                {goroutines: 8, flushers: 1, ops: all / 10, swaps: 500, maxProcs: []int{1, 8, 2}},
		"16 flushers at once":                   {goroutines: 8, flushers: 16, ops: all / 10, swaps: 500},
		"GC, locked threads, yields":            {goroutines: 8, flushers: 1, ops: all / 20, swaps: 500, disturb: true},
	} {
		t.Run(name, func(t *testing.T) { runStorm(t, s) })
	}
}

func runStorm(t *testing.T, st storm) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	add, over := newReceiver(false), newReceiver(true)
	c, err := stats.New(stats.WithTransport(add), stats.WithTransport(over), stats.WithManualFlush(),
		stats.WithRollupInterval(time.Second))
	require.NoError(t, err)

	loads := make([]load, st.goroutines)
	var wg sync.WaitGroup
	var running, swaps atomic.Int64
	now := time.Now()
	for g := range st.goroutines {
		running.Add(1)
		wg.Go(func() {
			defer running.Add(-1)
			if st.disturb && g%2 == 0 {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			s := newSubmitter(c, g, now)
			mine := st.ops / st.goroutines
			for i := range mine {
				s.submit(i, &loads[g])
				// In step with the flusher, which would get few turns among so many.
				for i%64 == 0 && swaps.Load() < int64(i)*int64(st.swaps)/int64(mine) {
					runtime.Gosched()
				}
			}
		})
	}
	for range st.flushers {
		wg.Go(func() {
			for i := 0; running.Load() > 0; i++ {
				if i%64 == 0 {
					assert.NoError(t, c.Flush(context.Background()))
				} else { // a swap and a drain, and nothing to hand out
					assert.NoError(t, c.FlushAt(context.Background(), time.Unix(0, 0)))
				}
				swaps.Add(1)
				runtime.Gosched()
			}
		})
	}
	wg.Go(func() {
		for i := 0; running.Load() > 0; i++ {
			l := c.Ledger()
			if !assert.True(t, l.Balanced(), "%+v", l) {
				return
			}
			if len(st.maxProcs) > 0 {
				runtime.GOMAXPROCS(st.maxProcs[i%len(st.maxProcs)])
			}
			if st.disturb {
				runtime.GC()
			}
			runtime.Gosched()
		}
	})
	wg.Wait()
	require.NoError(t, c.Shutdown(context.Background()))

	all := sumLoads(loads)
	checkArrived(t, add, all)
	checkArrived(t, over, all)
	l := c.Ledger()
	assert.True(t, l.Balanced())
	assert.Empty(t, l.Refused)
	for _, b := range l.Transports {
		assert.Equal(t, b.RolledUp, b.Delivered+b.Superseded)
	}
	assert.GreaterOrEqual(t, int(swaps.Load()), st.swaps*9/10, "the test has not shown what it should")
	t.Logf("%d submissions, %d swaps, %d unsampled", all.total(), swaps.Load(), l.Unsampled)
}

// Submitters race Shutdown: each submission is delivered or counted as
// after_stop.
func TestShutdownTakesOrCountsEverythingConcurrentSafe(t *testing.T) {
	for range 1000 {
		r := newReceiver(false)
		c, err := stats.New(stats.WithTransport(r), stats.WithManualFlush())
		require.NoError(t, err)
		const workers = 4
		loads := make([]load, workers)
		var started, quit sync.WaitGroup
		var stop atomic.Bool
		for g := range workers {
			started.Add(1)
			quit.Go(func() {
				s := newSubmitter(c, g, time.Now())
				started.Done()
				for i := 0; i < 4000 && !stop.Load(); i++ {
					if i%16 != 11 { // sets of a gauge replace each other: there is no number to compare
						s.submit(i, &loads[g])
					}
				}
			})
		}
		started.Wait()
		require.NoError(t, c.Shutdown(context.Background()))
		stop.Store(true)
		quit.Wait()

		all := sumLoads(loads)
		arrived := r.total(transport.KindCount, "count").value +
			r.total(transport.KindCount, "large").value/(1<<21) +
			r.total(transport.KindCount, "floats").value*2 +
			r.total(transport.KindHistogram, "hist.ones").count +
			r.total(transport.KindDistribution, "dist.ones").count +
			r.total(transport.KindTiming, "timing").count +
			r.total(transport.KindCount, "timed").value +
			float64(len(r.total(transport.KindSet, "set").members))
		l := c.Ledger()
		require.Equal(t, float64(all.total()), arrived+float64(l.RefusedTotal()), "%+v", l)
		require.Equal(t, l.RefusedTotal(), l.Refused[transport.ReasonAfterStop])
	}
}
