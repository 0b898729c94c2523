package stats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
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
	"github.com/shardstats/shardstats/transport/memory"
)

// quiet are the options of a client whose failures are expected.
func quiet(more ...stats.Option) []stats.Option {
	return append(more, stats.WithLogger(slog.New(slog.DiscardHandler)), stats.WithErrorHandler(func(error) {}))
}

func TestAfterCloseEverySubmissionIsCountedAndNothingElseHappens(t *testing.T) {
	m := memory.New()
	c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush())
	require.NoError(t, err)
	s := newSubmitter(c, 1, time.Now())
	set, timer := c.NewSet("members"), c.NewTimer("timer")
	c.Count("known", 1)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close(), "a second Close")
	before := len(m.Batches())

	for name, submit := range map[string]func(){
		"a known series":    func() { c.Count("known", 1) },
		"a new series":      func() { c.Count("new", 1) },
		"a float":           func() { c.CountFloat("known", 0.5) },
		"a large delta":     func() { c.Count("known", 1<<40) },
		"a counter's":       func() { s.counter.Inc() },
		"a gauge's":         func() { s.gauge.Set(1) },
		"a relative change": func() { s.gauge.Add(1) },
		"a histogram's":     func() { s.hist.Observe(1) },
		"a distribution's":  func() { s.dist.Observe(1) },
		"a set's":           func() { set.Add("m") },
		"a timer's":         func() { timer.Observe(time.Second) },
		"a child's":         func() { s.child.Increment("known") },
		"a grandchild's":    func() { s.child.WithNamespace("ns").Gauge("g", 1) },
		"a timed one's":     func() { c.At(time.Now()).Count("known", 1) },
	} {
		was := c.Ledger()
		submit()
		now := c.Ledger()
		assert.Equal(t, was.Refused[transport.ReasonAfterStop]+1, now.Refused[transport.ReasonAfterStop], name)
		assert.Equal(t, was.RefusedTotal()+1, now.RefusedTotal(), name)
		assert.Equal(t, was.Transports, now.Transports, name)
	}
	require.ErrorIs(t, c.Flush(t.Context()), stats.ErrClosed)
	require.ErrorIs(t, c.FlushAt(t.Context(), time.Now()), stats.ErrClosed)
	require.ErrorIs(t, c.With("a").Flush(t.Context()), stats.ErrClosed)
	assert.Len(t, m.Batches(), before)
}

func TestAShutdownDuringAFlushLetsBothFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		release := m.Block()
		c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush())
		require.NoError(t, err)
		c.Count("a", 1)
		var wg sync.WaitGroup
		wg.Go(func() { assert.NoError(t, c.Flush(t.Context())) })
		synctest.Wait() // the flush waits for its delivery
		c.Count("a", 2)
		wg.Go(func() { assert.NoError(t, c.Shutdown(t.Context())) })
		synctest.Wait()
		c.Count("a", 4)
		release()
		wg.Wait()
		var sum float64
		for _, s := range m.Series() {
			for _, p := range s.Points {
				sum += p.Value
			}
		}
		assert.Equal(t, 3.0, sum)
		assert.EqualValues(t, 1, c.Ledger().Refused[transport.ReasonAfterStop])
	})
}

// stubborn is a transport that does not look at its context.
type stubborn struct{ send, close func() }

func (s *stubborn) Send(context.Context, *transport.Batch) error {
	s.send()
	return nil
}

func (s *stubborn) Close(context.Context) error {
	s.close()
	return nil
}

func TestShutdownReturnsInTimeWhateverTheTransportDoes(t *testing.T) {
	nothing := func() {}
	hour := func() { time.Sleep(time.Hour) }
	for name, test := range map[string]struct {
		manual  bool
		make    func(forever func()) transport.Transport
		pending uint64
	}{
		"a Send that blocks for ever":              {false, func(f func()) transport.Transport { return &stubborn{f, nothing} }, 2},
		"a Send that blocks for ever, by hand":     {true, func(f func()) transport.Transport { return &stubborn{f, nothing} }, 2},
		"a Send that sleeps for an hour":           {false, func(func()) transport.Transport { return &stubborn{hour, nothing} }, 2},
		"a Close that blocks for ever":             {false, func(f func()) transport.Transport { return &stubborn{nothing, f} }, 0},
		"Send and Close that block for ever":       {false, func(f func()) transport.Transport { return &stubborn{f, f} }, 2},
		"an endpoint that is down":                 {false, func(func()) transport.Transport { return downTransport() }, 2},
		"an endpoint that is down, by hand":        {true, func(func()) transport.Transport { return downTransport() }, 2},
		"a Send that waits for its context to end": {false, func(func()) transport.Transport { m := memory.New(); _ = m.Block(); return m }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				opts := quiet(stats.WithTransport(test.make(func() { <-end }), stats.Named("backend")))
				if test.manual {
					opts = append(opts, stats.WithManualFlush())
				}
				c, err := stats.New(opts...)
				require.NoError(t, err)
				c.Count("a", 1)
				c.Histogram("b", 1, "t:1")

				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				err = c.Shutdown(ctx)
				assert.LessOrEqual(t, time.Since(start), 150*time.Millisecond)
				var loss *stats.LossError
				require.ErrorAs(t, err, &loss)
				assert.Contains(t, err.Error(), "backend")
				if test.pending > 0 {
					require.Len(t, loss.Transports, 1)
					b := loss.Transports[0]
					assert.True(t, b.Balanced())
					assert.GreaterOrEqual(t, b.RolledUp, test.pending)
					assert.Equal(t, b.RolledUp, b.Pending+b.Unknown+b.DroppedTotal())
				}
				assert.ErrorIs(t, c.Flush(ctx), stats.ErrClosed)
				close(end)
				time.Sleep(2 * time.Hour) // those that slept wake, and end
			})
		})
	}
}

// A Shutdown whose context has ended already still moves what is in the shards to
// the books, and says how much of it no backend has got.
func TestShutdownWithAnEndedContextSaysWhatIsLeftAndWhy(t *testing.T) {
	for name, manual := range map[string]bool{"in the background": false, "by hand": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := quiet(stats.WithTransport(downTransport(), stats.Named("backend")))
				if manual {
					opts = append(opts, stats.WithManualFlush())
				}
				c, err := stats.New(opts...)
				require.NoError(t, err)
				c.Count("sent", 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				require.Error(t, c.Flush(ctx))
				<-ctx.Done()
				cancel()
				c.Count("late", 1)
				c.Gauge("g", 1)
				start := time.Now()
				err = c.Shutdown(ctx)
				assert.LessOrEqual(t, time.Since(start), 50*time.Millisecond)
				var loss *stats.LossError
				require.ErrorAs(t, err, &loss)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Len(t, loss.Transports, 1)
				assert.EqualValues(t, 3, loss.Transports[0].Pending)
				assert.Contains(t, err.Error(), "backend: 3 pending, last failure: connection refused")
				assert.NotContains(t, err.Error(), "\n")
				assert.Equal(t, loss.Transports, c.Ledger().Transports)
				assert.Equal(t, err, c.Close(), "a second one says the same")
			})
		})
	}
}

// What is submitted right after New, before the first tick, is there like anything
// else: nothing has to be started.
func TestWhatIsSubmittedAtOnceArrives(t *testing.T) {
	for range 50 {
		m := newReceiver(false)
		c, err := stats.New(stats.WithTransport(m))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				c.Count("c", 1)
				c.At(time.Now()).Count("c", 1)
				c.NewHistogram("h").Observe(1)
			})
		}
		wg.Wait()
		require.NoError(t, c.Close())
		require.Equal(t, 16.0, m.total(transport.KindCount, "c").value)
		require.Equal(t, 8.0, m.total(transport.KindHistogram, "h").count)
	}
}

// stuckLog is a log that takes nothing and does not return.
type stuckLog struct {
	slog.Handler
	forever func()
}

func (l stuckLog) Enabled(context.Context, slog.Level) bool {
	l.forever()
	return false
}

func TestShutdownReturnsInTimeWhateverTheLogAndTheHandlerDo(t *testing.T) {
	for name, test := range map[string]struct {
		transport func(forever func()) transport.Transport
		log       bool // the log blocks, else the handler does
	}{
		"a log that blocks, an endpoint that is down":          {func(func()) transport.Transport { return downTransport() }, true},
		"a handler that blocks, an endpoint that is down":      {func(func()) transport.Transport { return downTransport() }, false},
		"a log that blocks, a Send that blocks for ever":       {func(f func()) transport.Transport { return &stubborn{f, func() {}} }, true},
		"a handler that blocks, a Close that blocks for ever":  {func(f func()) transport.Transport { return &stubborn{func() {}, f} }, false},
		"a handler that blocks, both of them block for ever":   {func(f func()) transport.Transport { return &stubborn{f, f} }, false},
		"a log that blocks, and all of it has been delivered":  {func(func()) transport.Transport { return memory.New() }, true},
		"a log that blocks, and a Send that waits for its end": {func(func()) transport.Transport { m := memory.New(); _ = m.Block(); return m }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				forever := func() { <-end }
				opts := quiet(stats.WithTransport(test.transport(forever)))
				if test.log {
					opts = append(opts, stats.WithLogger(slog.New(stuckLog{forever: forever})))
				} else {
					opts = append(opts, stats.WithErrorHandler(func(error) { forever() }))
				}
				c, err := stats.New(opts...)
				require.NoError(t, err)
				c.Count("a", 1)
				c.Gauge("a", 1) // a name of two kinds: there is something to report

				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				require.Error(t, c.Shutdown(ctx))
				assert.LessOrEqual(t, time.Since(start), 250*time.Millisecond)
				close(end)
				synctest.Wait()
			})
		})
	}
}

func downTransport() transport.Transport {
	m := memory.New()
	m.FailNext(1<<30, &transport.SendError{Outcome: transport.Retry, Err: errors.New("connection refused")})
	return m
}

func TestAHealthyEndpointGetsEverythingBeforeShutdownReturns(t *testing.T) {
	const series, buckets = 5000, 20
	m := memory.New()
	c, err := stats.New(stats.WithTransport(m, stats.Queue(1<<20, 1<<30)), stats.WithSeriesLimit(series+1))
	require.NoError(t, err)
	now := time.Now()
	for s := range series {
		tag := fmt.Sprint("n:", s)
		for b := range buckets {
			c.At(now.Add(-time.Duration(b)*10*time.Second)).Count("c", int64(s), tag)
		}
	}
	require.NoError(t, c.Shutdown(t.Context()))
	l := c.Ledger()
	b := l.Transports[0]
	assert.EqualValues(t, series*buckets, b.Delivered+l.Refused[transport.ReasonTimedFull])
	assert.Zero(t, l.RefusedTotal())
	assert.Zero(t, b.Pending)
}

// TestAnythingInAnyOrderConcurrentSafe calls everything from 64 goroutines. It
// asks for no figure but the one that must hold whatever happened: each
// submission is in a delivered count, or refused.
func TestAnythingInAnyOrderConcurrentSafe(t *testing.T) {
	const goroutines, calls, rounds = 64, 40, 100
	for _, procs := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("GOMAXPROCS=%d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			compared := 0
			for round := range rounds {
				if anyOrder(t, goroutines, calls, round%2 == 0, round%3 == 0) {
					compared++
				}
			}
			assert.Greater(t, compared, rounds/4, "most rounds ended in a cancelled Shutdown: nothing was shown")
		})
	}
}

// anyOrder is one round. It reports whether everything was delivered, so that the
// figures could be compared. With sampled, gauges have functions: what these
// submit while the client stops is refused like anything else.
func anyOrder(t *testing.T, goroutines, calls int, manual, sampled bool) bool {
	m := newReceiver(false)
	opts := quiet(stats.WithTransport(m), stats.WithFlushInterval(100*time.Millisecond))
	if manual {
		opts = append(opts, stats.WithManualFlush())
	}
	c, err := stats.New(opts...)
	require.NoError(t, err)
	var counted, samples atomic.Uint64
	watchdog := time.AfterFunc(30*time.Second, func() { // 2 s on a machine to ourselves
		stacks := make([]byte, 1<<20)
		panic(fmt.Sprintf("a round hangs:\n%s", stacks[:runtime.Stack(stacks, true)]))
	})
	defer watchdog.Stop()
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			c, r := c, rand.New(rand.NewPCG(uint64(g), rand.Uint64()))
			for range calls {
				switch r.IntN(15) {
				case 0:
					_ = c.FlushAt(context.Background(), time.Now())
				case 1:
					_ = c.Flush(context.Background())
				case 2:
					c = c.With(fmt.Sprint("depth:", r.IntN(4)))
				case 3:
					_ = c.Ledger()
				case 4:
					if r.IntN(64) == 0 {
						_ = c.Close()
					}
				case 5:
					if r.IntN(64) == 0 {
						ctx, cancel := context.WithCancel(context.Background())
						cancel()
						_ = c.Shutdown(ctx)
					}
				case 6:
					c.NewHistogram("h").Observe(1)
					counted.Add(1)
				case 7:
					c.Set("s", fmt.Sprint(r.Uint64()))
					counted.Add(1)
				case 8:
					c.Timed("t", func() {})
					counted.Add(1)
				case 9:
					c.At(time.Now()).OnHost(fmt.Sprint("host:", r.IntN(4))).Count("c", 1)
					counted.Add(1)
				case 10:
					if !sampled {
						continue
					}
					stop := c.GaugeFunc("f", func() float64 { return float64(samples.Add(1)) })
					if r.IntN(2) == 0 {
						stop()
						stop()
					}
				default:
					c.Count("c", 1)
					counted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	err = c.Shutdown(t.Context())

	l := c.Ledger()
	require.True(t, l.Balanced(), "%+v", l)
	if err != nil { // the first Shutdown's context had ended: it did not deliver everything
		return false
	}
	arrived := m.total(transport.KindCount, "c").value + m.total(transport.KindHistogram, "h").count +
		m.total(transport.KindTiming, "t").count + float64(len(m.total(transport.KindSet, "s").members))
	beyond := arrived + float64(l.RefusedTotal()) - float64(counted.Load())
	require.GreaterOrEqual(t, beyond, 0.0, "%+v", l)
	require.LessOrEqual(t, beyond, float64(samples.Load()), "%+v", l)
	require.Equal(t, l.RefusedTotal(), l.Refused[transport.ReasonAfterStop])
	return true
}

func TestMakingAndClosingClientsLeaksNothing(t *testing.T) {
	cycle := func(opts ...stats.Option) {
		c, err := stats.New(append(opts, stats.WithTransport(memory.New()))...)
		require.NoError(t, err)
		c.Count("a", 1, "b:c")
		c.Histogram("h", 1)
		require.NoError(t, c.Close())
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the first may leave what has finalizers
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for range 50 {
		cycle()
	}
	before := heap()
	for range 500 {
		cycle()
		cycle(stats.WithManualFlush())
	}
	// goleak looks for goroutines at the end of all tests.
	assert.Less(t, heap(), before+4<<20, "a client keeps 4 KB and more")
}
