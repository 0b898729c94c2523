package flush_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// within returns a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

var errDown = &transport.SendError{Outcome: transport.Retry, Err: errors.New("no route to host")}

func TestFlushTakesOpenAndFutureBuckets(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	r.clock.set(begin.Add(5 * time.Second))
	for _, s := range []int64{-10, 0, 300} {
		r.src.at(sec(s), shard.Timed{ID: c, N: 1})
	}
	r.flushAll()
	assert.Equal(t, []string{"c@-10=1", "c@0=1", "c@300=1"}, arrived(m))
}

func TestFlushAtTakesWhatIsClosed(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	r.src.at(sec(0), shard.Timed{ID: c, N: 1})
	at := func(d time.Duration) { require.NoError(t, r.FlushAt(t.Context(), begin.Add(d))) }
	at(10*time.Second - time.Nanosecond)
	assert.Empty(t, arrived(m))
	at(10 * time.Second)
	assert.Equal(t, []string{"c@0=1"}, arrived(m))
	at(10 * time.Second)
	assert.Len(t, arrived(m), 1, "the same flush again changes nothing")
}

// The clock stamps, whatever FlushAt's time says.
func TestFlushAtDoesNotStamp(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	r.clock.set(begin.Add(25 * time.Second))
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	r.flushAt(1000)
	assert.Equal(t, []string{"c@20=1"}, arrived(m))
}

// When no attempt fits into what is left of its context, a Flush returns: during an
// outage nobody who flushes often waits for nothing.
func TestFlushReturnsWhenNoAttemptIsDueBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := memory.New()
		down.FailNext(1000, &transport.SendError{Outcome: transport.Denied, Err: errDown})
		r := manual(t, nil, down)
		r.src.count(r.cat.add(transport.KindCount, "c"), 1)
		for i := range 5 {
			start := time.Now()
			err := r.Flush(within(t, 3*time.Second))
			assert.Zero(t, time.Since(start))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, `1 points are still pending: no attempt is due before the end`)
			assert.Equal(t, 1, down.Sends(), "flush %d", i)
		}
		down.FailNext(0, errDown)
		time.Sleep(31 * time.Second) // a refused key gets a probe now and then
		r.flushAll()
		assert.Len(t, arrived(down), 1)
	})
}

func TestFlushWaitsForDeliveryUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, down := memory.New(), memory.New()
		release := down.Block()
		defer release()
		r := ticking(t, nil, m, down)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		r.src.count(r.cat.add(transport.KindCount, "d"), 1)

		start := time.Now()
		err := r.Flush(within(t, 7*time.Second))
		assert.Equal(t, 7*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualError(t, err, `flush: transport "memory#2": 2 points are still pending: context deadline exceeded`)
		assert.Len(t, arrived(m), 2)

		start = time.Now()
		require.Error(t, r.Flush(context.Background()))
		assert.Equal(t, 30*time.Second, time.Since(start), "without a deadline")
		start = time.Now()
		//lint:ignore SA1012 a nil context is a mistake that must not hurt
		require.Error(t, r.Flush(nil))
		assert.Equal(t, 30*time.Second, time.Since(start), "without a context")

		release()
		require.NoError(t, r.Flush(within(t, time.Minute)))
		assert.Len(t, arrived(down), 2, "what a Flush gave up waiting for stays queued")
	})
}

func TestFlushWaitsForHeldReservoirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		h := r.cat.add(transport.KindHistogram, "h")
		time.Sleep(time.Second)
		release := r.src.hold(h, 1, 2)
		time.AfterFunc(3*time.Second, release)
		start := time.Now()
		r.flushAll()
		assert.InDelta(t, 3, time.Since(start).Seconds(), 0.01)
		assert.Equal(t, []string{"h@0=3/2"}, arrived(m))
	})
}

// While a Flush waits for a submitter, time goes on for everybody else.
func TestAHeldReservoirDelaysNoSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		h, c := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindCount, "c")
		release := r.src.hold(h, 1)
		time.Sleep(time.Second)
		r.src.count(c, 1)
		err := r.Flush(within(t, 20*time.Second))
		require.ErrorContains(t, err, "flush: 1 reservoirs are still held by submitters")
		assert.Equal(t, []float64{1, 10, 20}, seconds(r.src.swapTimes()))
		assert.Equal(t, []string{"c@0=1"}, arrived(m), "what is not held was sent")
		release()
		r.flushAll()
		assert.Equal(t, []string{"c@0=1", "h@0=1/1"}, arrived(m))
	})
}

func TestShutdownTakesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, func(c *flush.Config) { c.Jitter = time.Second }, m)
		c, h := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindHistogram, "h")
		r.src.count(c, 1)
		time.Sleep(10*time.Second + time.Millisecond)
		r.src.count(c, 2)
		r.src.at(sec(300), shard.Timed{ID: c, N: 4})
		time.AfterFunc(time.Second, r.src.hold(h, 8))
		require.NoError(t, r.Shutdown(within(t, 5*time.Second)))
		assert.ElementsMatch(t, []string{"c@0=1", "c@10=2", "c@300=4", "h@10=8/1"}, arrived(m))

		require.NoError(t, r.Shutdown(t.Context()), "a second one does nothing")
		require.ErrorIs(t, r.Flush(t.Context()), flush.ErrClosed)
		require.ErrorIs(t, r.FlushAt(t.Context(), begin), flush.ErrClosed)
		assert.Len(t, arrived(m), 4)
	})
}

func TestShutdownOfAFlusherThatWasNotStarted(t *testing.T) {
	m := memory.New()
	r := newRig(t, nil, m)
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	require.NoError(t, r.Shutdown(t.Context()))
	r.Start()
	assert.Len(t, arrived(m), 1)
}

func TestShutdownSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, down, full := memory.New(), memory.New(), memory.New()
		down.FailNext(1000, errDown)
		full.FailNext(1000, &transport.SendError{Err: errors.New("account closed")})
		r := ticking(t, nil, m, down, full)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		time.Sleep(11 * time.Second)
		r.src.count(c, 1)
		r.src.count(r.cat.add(transport.KindCount, "d"), 1)
		err := r.Shutdown(within(t, time.Second))

		loss, ok := errors.AsType[*flush.LossError](err)
		require.True(t, ok, "%v", err)
		require.Len(t, loss.Transports, 2, "the first has delivered everything")
		assert.Equal(t, "memory#2", loss.Transports[0].Transport)
		assert.Equal(t, uint64(3), loss.Transports[0].Pending)
		assert.Equal(t, map[transport.Reason]uint64{transport.ReasonPermanent: 3}, loss.Transports[1].Dropped)
		for _, part := range []string{"flush: not everything was delivered", "memory#2: 3 pending", "memory#3: 0 pending, 3 dropped (permanent)"} {
			assert.ErrorContains(t, err, part)
		}
		assert.Equal(t, err, r.Shutdown(t.Context()), "a second call returns the same")
	})
}

// What was lost before is not the last flush's loss.
func TestShutdownAfterALossThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		m.FailNext(1, &transport.SendError{Err: errors.New("refused")})
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		time.Sleep(11 * time.Second)
		r.src.count(c, 1)
		require.NoError(t, r.Shutdown(t.Context()))
		assert.Equal(t, uint64(1), r.book(0).Dropped[transport.ReasonPermanent])
	})
}

func TestShutdownWithATransportThatDoesNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		gate := make(chan struct{})
		m.SetSend(func(context.Context, *transport.Batch) error {
			<-gate
			return nil
		})
		r := ticking(t, nil, m)
		r.src.count(r.cat.add(transport.KindCount, "c"), 1)
		start := time.Now()
		err := r.Shutdown(within(t, 100*time.Millisecond))
		assert.Less(t, time.Since(start), 150*time.Millisecond)
		assert.ErrorContains(t, err, "Send ignores the end of its context")
		close(gate)
	})
}

func TestShutdownWithAContextThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		defer m.Block()() // or the sender, which runs beside, may be done before
		r := ticking(t, nil, m)
		r.src.count(r.cat.add(transport.KindCount, "c"), 1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := r.Shutdown(ctx)
		assert.ErrorContains(t, err, "1 points are still pending")
		assert.Equal(t, uint64(1), r.book(0).Pending)
	})
}

func TestASecondShutdownWaitsWithinItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		release := m.Block()
		defer release()
		r := ticking(t, nil, m)
		r.src.count(r.cat.add(transport.KindCount, "c"), 1)
		first := make(chan error)
		go func() { first <- r.Shutdown(within(t, 10*time.Second)) }()
		synctest.Wait()
		err := r.Shutdown(within(t, time.Second))
		assert.ErrorContains(t, err, "another Shutdown is still under way")
		release()
		assert.NoError(t, <-first)
	})
}

// A Flush that waits for a submitter when Shutdown comes returns when the last
// flush has sent what it had drained.
func TestAFlushOvertakenByShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		open := m.Block()
		r := ticking(t, nil, m)
		h, c := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindCount, "c")
		release := r.src.hold(h, 1)
		r.src.count(c, 1)
		flushed := make(chan error, 1)
		go func() { flushed <- r.Flush(t.Context()) }()
		time.Sleep(time.Second)
		stopped := make(chan error, 1)
		go func() { stopped <- r.Shutdown(within(t, 20*time.Second)) }()
		time.Sleep(time.Second)
		require.ErrorIs(t, r.Flush(t.Context()), flush.ErrClosed)
		release()
		time.Sleep(time.Second)
		select {
		case err := <-flushed:
			t.Errorf("Flush returned before delivery: %v", err)
		default:
		}
		open()
		require.NoError(t, <-stopped)
		require.NoError(t, <-flushed)
		assert.ElementsMatch(t, []string{"c@-10=1", "h@-10=1/1"}, arrived(m), "of the nanosecond before")
	})
}
