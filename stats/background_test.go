package stats_test

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// A client with its own goroutines swaps and hands out at the instants at which
// its submitters wake: in the bubble their sleeps end together, and they run at
// once with the flusher.
func TestABackgroundClientDeliversEverythingConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs int }{{1, 1}, {4, 2}, {8, 8}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d", test.goroutines, test.procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			synctest.Test(t, func(t *testing.T) { background(t, test.goroutines) })
		})
	}
}

func background(t *testing.T, goroutines int) {
	add, over := newReceiver(false), newReceiver(true)
	c, err := stats.New(stats.WithTransport(add), stats.WithTransport(over), stats.WithRollupInterval(time.Second),
		stats.WithFlushInterval(500*time.Millisecond), stats.WithFlushJitter(0), stats.WithLateWindow(24*time.Hour))
	require.NoError(t, err)
	const bursts, burst = 300, 128
	loads := make([]load, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			s := newSubmitter(c, g, time.Now())
			for i := range bursts * burst {
				if i%burst == burst/2 {
					time.Sleep(500 * time.Millisecond) // and the flusher hands out, each second time after a swap
					assert.True(t, c.Ledger().Balanced())
				}
				s.submit(i, &loads[g])
			}
		})
	}
	wg.Wait()
	require.NoError(t, c.Shutdown(t.Context()))
	all := sumLoads(loads)
	checkArrived(t, add, all)
	checkArrived(t, over, all)
	assert.Empty(t, c.Ledger().Refused)
	assert.Greater(t, add.batches, bursts/3, "it has not flushed by itself")
}

// TestExtremesAndLastValuesAreOfWhatWasSubmittedConcurrentSafe has submitters
// whose values are all different, while a flusher swaps.
func TestExtremesAndLastValuesAreOfWhatWasSubmittedConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs int }{{2, 1}, {4, 2}, {8, 4}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d", test.goroutines, test.procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			const rounds = 10_000
			r := newReceiver(false)
			clock := &fixedClock{now: noon}
			c, err := stats.New(stats.WithTransport(r), stats.WithManualFlush(), stats.WithClock(clock), stats.WithRollupInterval(time.Hour))
			require.NoError(t, err)
			hist, gauge, sums := c.NewHistogram("h"), c.NewGauge("g"), c.NewGauge("sums")
			var running atomic.Int64
			var wg sync.WaitGroup
			for g := range test.goroutines {
				running.Add(1)
				wg.Go(func() {
					defer running.Add(-1)
					for i := range rounds {
						v := float64(i*test.goroutines + g)
						hist.Observe(v - 1000)
						gauge.Set(v)
						sums.Add(1) // relative changes are lost by no swap
					}
				})
			}
			wg.Go(func() {
				for running.Load() > 0 {
					assert.NoError(t, c.Flush(t.Context()))
					runtime.Gosched()
				}
			})
			wg.Wait()
			require.NoError(t, c.Shutdown(t.Context()))

			n := float64(rounds * test.goroutines)
			h := r.total(transport.KindHistogram, "h")
			assert.Equal(t, n, h.count)
			assert.Equal(t, n*(n-1)/2-1000*n, h.sum)
			assert.Equal(t, -1000.0, h.min)
			assert.Equal(t, n-1001, h.max)
			assert.InEpsilon(t, n, h.weights+float64(c.Ledger().Unsampled), 1e-9)
			last := r.total(transport.KindGauge, "g").value
			assert.GreaterOrEqual(t, last, n-float64(test.goroutines), "the last value is the last of one of the submitters")
			assert.Less(t, last, n)
			assert.Equal(t, last, math.Trunc(last))
			assert.Equal(t, n, r.total(transport.KindGauge, "sums").value)
		})
	}
}

// First sights race Shutdown, too: of a series that could not be made any more
// the submission is counted, and a handle made too late counts its own.
func TestFirstSightsThatRaceShutdownAreTakenOrCountedConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs, rounds int }{{2, 1, 100}, {4, 2, 200}, {8, 8, 100}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d", test.goroutines, test.procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			for round := range test.rounds {
				r := newReceiver(false)
				c, err := stats.New(quiet(stats.WithTransport(r), stats.WithManualFlush(), stats.WithSeriesLimit(1+round%100*5))...)
				require.NoError(t, err)
				var submitted atomic.Int64
				var stop atomic.Bool
				var started, quit sync.WaitGroup
				for g := range test.goroutines {
					started.Add(1)
					quit.Go(func() {
						started.Done()
						n := int64(0)
						for i := 0; i < 500 && !stop.Load(); i++ {
							tag := fmt.Sprint(g, "/", i)
							switch i % 4 {
							case 0:
								c.Count("c", 1, tag)
							case 1:
								c.NewCounter("c", tag).Inc()
							case 2:
								c.Distribution("d", 1, tag)
							case 3:
								c.NewHistogram("h", tag).Observe(1)
							}
							n++
						}
						submitted.Add(n)
					})
				}
				started.Wait()
				for range round % 50 {
					runtime.Gosched()
				}
				require.NoError(t, c.Shutdown(t.Context()))
				stop.Store(true)
				quit.Wait()
				arrived := r.total(transport.KindCount, "c").value + r.total(transport.KindDistribution, "d").count +
					r.total(transport.KindHistogram, "h").count
				l := c.Ledger()
				require.Equal(t, float64(submitted.Load()), arrived+float64(l.RefusedTotal()), "%+v", l)
				require.Equal(t, l.RefusedTotal(), l.Refused[transport.ReasonAfterStop])
			}
		})
	}
}
