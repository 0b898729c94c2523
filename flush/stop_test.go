package flush

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

func TestStopDeliversWhatIsPendingAndCloses(t *testing.T) {
	for _, mode := range []func(*TransportConfig, *senderEnv){func(*TransportConfig, *senderEnv) {}, manual} {
		synctest.Test(t, func(t *testing.T) {
			slow := answer(func(context.Context, int, *transport.Batch) error { time.Sleep(10 * time.Millisecond); return nil })
			m := newMade()
			s, _ := started(t, slow, mode)
			for range 50 {
				m.hand(s, many(20)...)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.NoError(t, s.stop(ctx))
			b := balanced(t, s)
			assert.EqualValues(t, 1000, b.Delivered)
			assert.Zero(t, b.Pending)
			assert.Equal(t, 1, slow.closes)
			assert.False(t, busy(s))
			synctest.Wait()
			m.free(t)
		})
	}
}

func TestStopTwiceDoesItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(nil)
		tr.close = func(context.Context) error { time.Sleep(time.Second); return errors.New("socket is stuck") }
		s, _ := started(t, tr)
		first := make(chan error, 1)
		go func() { first <- s.stop(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		assert.ErrorContains(t, s.stop(ctx), "stop in progress")
		err := s.stop(t.Context())
		assert.EqualError(t, err, `flush: transport "fake": close: socket is stuck`)
		assert.Equal(t, err, <-first)
		assert.Equal(t, 1, tr.closes)
	})
}

func TestStopWithAnEndedContextSaysWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := failing(1<<30, transport.SendError{Outcome: transport.Retry}), newMade()
		s, _ := started(t, tr)
		for range 100 {
			m.hand(s, many(10)...)
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.stop(ctx)
		assert.EqualError(t, err, `flush: transport "fake": 1000 points are still pending: context canceled`)
		assert.EqualValues(t, 1000, balanced(t, s).Pending)
		assert.Equal(t, 1, tr.closes)
		assert.ErrorIs(t, s.wait(t.Context()), errStopped)
	})
}

// The attempt that stop itself cuts short must not take the place of the reason
// why things are still pending.
func TestStopKeepsTheLastFailureOfThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(ctx context.Context, call int, _ *transport.Batch) error {
			if call == 0 {
				return &transport.SendError{Outcome: transport.Retry, Err: errors.New("connection refused")}
			}
			<-ctx.Done()
			return &transport.SendError{Outcome: transport.Retry, Err: context.Cause(ctx)}
		})
		s, _ := started(t, tr)
		newMade().hand(s, many(3)...)
		time.Sleep(20 * time.Second) // the second attempt hangs
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, s.stop(ctx))
		b := balanced(t, s)
		assert.EqualValues(t, 3, b.Pending)
		assert.Equal(t, "connection refused", b.LastError)
		require.Len(t, tr.calls, 2)
	})
}

// It ends before its time when no attempt fits into that, and says so.
func TestStopSaysThatNoAttemptIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(context.Context, int, *transport.Batch) error {
			return &transport.SendError{Outcome: transport.Retry, After: time.Hour, Err: errors.New("busy")}
		})
		s, _ := started(t, tr)
		newMade().hand(s, many(3)...)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		err := s.stop(ctx)
		assert.Less(t, time.Since(begin), time.Minute)
		assert.ErrorContains(t, err, "3 points are still pending: no attempt is due before the end")
		assert.EqualValues(t, 3, balanced(t, s).Pending)
	})
}

func TestStopLetsTheSendInFlightSayWhatItDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(ctx context.Context, _ int, b *transport.Batch) error {
			<-ctx.Done()
			return &transport.SendError{Outcome: transport.Retry, Delivered: 2, Err: ctx.Err()}
		})
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, many(5)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := s.stop(ctx)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.ErrorContains(t, err, "3 points are still pending")
		b := balanced(t, s)
		assert.EqualValues(t, 2, b.Delivered)
		assert.EqualValues(t, 3, b.Pending)
	})
}

func TestABareContextErrorIsAnUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(ctx context.Context, _ int, _ *transport.Batch) error { <-ctx.Done(); return ctx.Err() })
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, many(5)...)
		begin := time.Now()
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, sendTimeout, time.Since(begin), "each Send has a deadline")
		b := balanced(t, s)
		assert.EqualValues(t, 5, b.Unknown)
		assert.EqualValues(t, 1, b.Ambiguous)
	})
}

func TestStopMakesOneLastAttemptOutOfTurn(t *testing.T) {
	for name, c := range map[string]struct {
		reply   transport.SendError
		heals   bool // the backend is back at the stop
		calls   int
		pending uint64
	}{
		"the backend is back":         {transport.SendError{Outcome: transport.Denied}, true, 4, 0},
		"the backend is still down":   {transport.SendError{Outcome: transport.Denied}, false, 2, 3},
		"the peer asked for the wait": {transport.SendError{Outcome: transport.Retry, After: time.Minute}, true, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := false
				tr := answer(func(context.Context, int, *transport.Batch) error {
					if up {
						return nil
					}
					e := c.reply
					return &e
				})
				m := newMade()
				s, _ := started(t, tr)
				for range 3 {
					m.hand(s, adding("a"))
				}
				synctest.Wait()
				up = c.heals
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				begin := time.Now()
				err := s.stop(ctx)
				assert.Zero(t, time.Since(begin), "no waiting for what cannot come in time")
				assert.Len(t, tr.seen(), c.calls)
				assert.Equal(t, c.pending, balanced(t, s).Pending)
				assert.Equal(t, c.pending > 0, err != nil)
			})
		})
	}
}

func TestStopWaitsForARetryThatComesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := failing(3, transport.SendError{Outcome: transport.Retry, After: time.Second}), newMade()
		s, _ := started(t, tr)
		m.hand(s, many(3)...)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		require.NoError(t, s.stop(ctx))
		assert.EqualValues(t, 3, balanced(t, s).Delivered)
	})
}

func TestACloseThatMisbehavesIsNamed(t *testing.T) {
	gate := make(chan struct{})
	for name, c := range map[string]struct {
		close func(context.Context) error
		want  string
	}{
		"panics":        {func(context.Context) error { panic("oops") }, "close: Close panicked: oops"},
		"never returns": {func(context.Context) error { <-gate; return nil }, "Close ignores the end of its context"},
		"fails":         {func(context.Context) error { return errBackend }, "close: backend says no"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := answer(nil)
			tr.close = c.close
			s, h := started(t, tr)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			err := s.stop(ctx)
			assert.ErrorContains(t, err, `flush: transport "fake": `+c.want)
			if name == "never returns" {
				assert.Contains(t, h.logged(), "Close ignores")
			}
		})
	}
	close(gate)
}

func TestWhatComesAfterStopIsOnTheBooks(t *testing.T) {
	tr, m := answer(nil), newMade()
	s, _ := started(t, tr)
	require.NoError(t, s.stop(t.Context()))
	s.start()
	assert.False(t, busy(s))
	m.hand(s, many(3)...)
	b := balanced(t, s)
	assert.EqualValues(t, 3, b.Dropped[transport.ReasonAfterStop])
	assert.NoError(t, s.wait(t.Context()))
	m.free(t)
	assert.Empty(t, tr.seen())
}

func TestStartAndStopLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble fails if a goroutine stays
		for i := range 1000 {
			tr, m := answer(nil), newMade()
			h := &heard{}
			env := h.env()
			env.manual = i%2 == 0
			s := newSender(TransportConfig{Transport: tr, Name: "fake"}, env)
			s.start()
			m.hand(s, adding("a"))
			require.NoError(t, s.stop(t.Context()))
			synctest.Wait()
			m.free(t)
		}
	})
}

// A waiter that sees the pump of stop end must not start another: it would send
// after Close, and nobody would end it.
func TestNothingIsSentAfterCloseThoughSomebodyWaits(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			var tr *scripted
			tr = answer(func(ctx context.Context, _ int, _ *transport.Batch) error {
				tr.mu.Lock()
				assert.Zero(t, tr.closes, "a Send after Close")
				tr.mu.Unlock()
				<-ctx.Done()
				return &transport.SendError{Outcome: transport.Retry, Err: ctx.Err()}
			})
			m := newMade()
			s, _ := started(t, tr, manual)
			m.hand(s, adding("a"))
			waited := make(chan error, 3)
			for range cap(waited) {
				go func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					waited <- s.wait(ctx)
				}()
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			assert.Error(t, s.stop(ctx))
			for range cap(waited) {
				assert.ErrorIs(t, <-waited, errStopped)
			}
			assert.False(t, busy(s))
			assert.EqualValues(t, 1, balanced(t, s).Pending)
		})
	}
}

// A Flush by hand that ends takes its Send with it; a Shutdown that comes in the
// middle of that still has all its time to deliver.
func TestStopGoesOnWhereAWaiterGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(ctx context.Context, call int, _ *transport.Batch) error {
			if call > 0 {
				return nil
			}
			<-ctx.Done()
			time.Sleep(5 * time.Millisecond)
			return &transport.SendError{Outcome: transport.Retry, Err: ctx.Err()}
		})
		m := newMade()
		s, _ := started(t, tr, manual)
		m.hand(s, adding("a"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		go func() { _ = s.wait(ctx) }()
		time.Sleep(12 * time.Millisecond) // the waiter has cancelled the Send, which is about to return
		assert.NoError(t, s.stop(t.Context()))
		assert.EqualValues(t, 1, balanced(t, s).Delivered)
		assert.Equal(t, 1, tr.closes)
	})
}
