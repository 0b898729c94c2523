package flush

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

func TestDeliversInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := answer(nil), newMade()
		s, _ := started(t, tr)
		m.hand(s, adding("a"), unit{name: "h", unix: 10, points: 3})
		m.hand(s, adding("b"))
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "a@10.0 h.0@10.0 h.1@10.0 h.2@10.0 | b@10.0", tr.all())
		assert.Equal(t, "0000000000000007-1", tr.seen()[0].id.String())
		b := balanced(t, s)
		assert.EqualValues(t, 3, b.Delivered, "an expanded histogram is one unit")
		assert.Empty(t, b.LastError)
		synctest.Wait()
		m.free(t)
	})
}

func TestWaitDoesNotWaitForLaterBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gates := []chan struct{}{make(chan struct{}), make(chan struct{})}
		tr := answer(func(_ context.Context, call int, _ *transport.Batch) error { <-gates[call]; return nil })
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, adding("a"))
		waited := make(chan error, 1)
		go func() { waited <- s.wait(t.Context()) }()
		synctest.Wait()
		m.hand(s, adding("b"))
		close(gates[0])
		assert.NoError(t, <-waited)
		synctest.Wait()
		assert.EqualValues(t, 1, balanced(t, s).Pending)
		close(gates[1])
		assert.NoError(t, s.wait(t.Context()))
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr := answer(func(context.Context, int, *transport.Batch) error { <-gate; return nil })
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, many(12)...)
		m.hand(s, many(3)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := s.wait(ctx)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualError(t, err, `flush: transport "fake": 15 points are still pending: context deadline exceeded`)
		close(gate)
		assert.NoError(t, s.wait(t.Context()))
		synctest.Wait()
		m.free(t)
	})
}

func TestASendThatNeverReturnsBlocksNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr := answer(func(context.Context, int, *transport.Batch) error { <-gate; return nil })
		m := newMade()
		s, h := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.QueueBatches = 5 })
		for range 100 {
			m.hand(s, adding("a"))
			synctest.Wait()
		}
		b := balanced(t, s)
		assert.EqualValues(t, 6, b.Pending, "one in flight and five that wait")
		assert.EqualValues(t, 94, b.Dropped[transport.ReasonQueueFull])

		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, h.errors(), 1)
		assert.Contains(t, h.errors()[0], "Send has ignored the end of its context")
		assert.Contains(t, s.books().LastError, "Send has ignored")

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := s.stop(ctx)
		assert.LessOrEqual(t, time.Since(begin), 150*time.Millisecond)
		assert.ErrorContains(t, err, "6 points are still pending")
		assert.ErrorContains(t, err, "Send ignores the end of its context")
		assert.EqualValues(t, 6, balanced(t, s).Pending)
		assert.Equal(t, 1, tr.closes)

		close(gate) // so that the test leaves no goroutine
		synctest.Wait()
		assert.EqualValues(t, 5, balanced(t, s).Pending, "it did arrive, and the books say so; nothing more is sent")
		assert.Len(t, tr.seen(), 1)
	})
}

func TestDropIsOneTransfer(t *testing.T) {
	s, _ := started(t, answer(nil), manual)
	s.drop(3, transport.ReasonCollision)
	s.drop(0, transport.ReasonUnsupported)
	b := balanced(t, s)
	assert.EqualValues(t, 3, b.RolledUp)
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonCollision: 3}, b.Dropped)
}

func TestOneTransportDownDoesNotHoldAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMade()
		dead, _ := started(t, failing(1<<30, transport.SendError{Outcome: transport.Retry}))
		alive, _ := started(t, answer(nil))
		for range 10 {
			h := m.batch(many(4)...)
			dead.enqueue(h)
			alive.enqueue(h)
			h.release()
			require.NoError(t, alive.wait(t.Context()))
		}
		assert.EqualValues(t, 40, balanced(t, alive).Delivered)
		assert.EqualValues(t, 40, balanced(t, dead).Pending)
		assert.Empty(t, m.recycled, "the dead one still needs them")
	})
}

func TestManualModeSendsOnlyWhileSomebodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := failing(2, transport.SendError{Outcome: transport.Retry})
		m := newMade()
		s, _ := started(t, tr, manual)
		m.hand(s, adding("a"))
		time.Sleep(time.Hour)
		assert.Empty(t, tr.seen(), "nobody waits")

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := s.wait(ctx)
		cancel()
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		first := len(tr.seen())
		assert.NotZero(t, first)
		assert.False(t, busy(s), "no goroutine is left behind")
		time.Sleep(time.Hour)
		assert.Len(t, tr.seen(), first, "nothing moves between calls")

		require.NoError(t, s.wait(t.Context()))
		assert.False(t, busy(s))
		assert.EqualValues(t, 1, balanced(t, s).Delivered)
		synctest.Wait()
		m.free(t)
	})
}

func TestManualModeEndsItsGoroutineBeforeTheCallReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reported := false
		m := newMade()
		s, _ := started(t, replies(errBackend), manual, func(_ *TransportConfig, e *senderEnv) {
			e.onError = func(error) { time.Sleep(settleGrace / 2); reported = true }
		})
		m.hand(s, adding("a"))
		require.NoError(t, s.wait(t.Context()))
		assert.True(t, reported)
		assert.False(t, busy(s))
	})
}

func TestManualModeDoesNotRetryWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
			if call == 0 {
				<-gate
				return nil
			}
			return sendError(transport.Retry, 0)
		})
		m := newMade()
		s, _ := started(t, tr, manual)
		m.hand(s, adding("a"))
		waited := make(chan error, 1)
		go func() { waited <- s.wait(t.Context()) }()
		synctest.Wait()
		m.hand(s, adding("b")) // by a caller that does not come to wait
		close(gate)
		assert.NoError(t, <-waited)
		time.Sleep(time.Hour)
		assert.LessOrEqual(t, len(tr.seen()), 2)
		assert.False(t, busy(s))
		assert.EqualValues(t, 1, balanced(t, s).Pending)
	})
}

func TestManualModeCancelsWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(ctx context.Context, call int, _ *transport.Batch) error {
			if call == 0 {
				<-ctx.Done()
				return &transport.SendError{Outcome: transport.Retry, Err: ctx.Err()}
			}
			return nil
		})
		m := newMade()
		s, _ := started(t, tr, manual)
		m.hand(s, adding("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		assert.Error(t, s.wait(ctx))
		assert.Equal(t, time.Second, time.Since(begin))
		assert.False(t, busy(s))
		assert.EqualValues(t, 1, balanced(t, s).Pending)
		assert.NoError(t, s.wait(t.Context()))
	})
}

func TestManualWaitIsBoundedByItsContextEvenIfSendIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr := answer(func(context.Context, int, *transport.Batch) error { <-gate; return nil })
		m := newMade()
		s, _ := started(t, tr, manual)
		m.hand(s, adding("a"))
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			begin := time.Now()
			assert.Error(t, s.wait(ctx))
			assert.LessOrEqual(t, time.Since(begin), time.Second+settleGrace)
			cancel()
		}
		close(gate)
		assert.NoError(t, s.wait(t.Context()))
		assert.EqualValues(t, 1, balanced(t, s).Delivered)
	})
}

// The headline: the equation holds whenever it is read.
func TestBooksBalanceAtAnyInstantConcurrentSafe(t *testing.T) {
	outcomes := []error{
		nil, nil,
		&transport.SendError{Outcome: transport.Permanent},
		&transport.SendError{Outcome: transport.Unknown, Delivered: 1},
		&transport.SendError{Outcome: transport.Poison, Delivered: 2},
		&transport.SendError{Outcome: transport.TooLarge},
		&transport.SendError{Outcome: transport.Permanent, Rejected: []transport.Rejection{{Index: 1}}},
		errors.New("plain"),
	}
	tr := answer(func(_ context.Context, call int, _ *transport.Batch) error { return outcomes[call%len(outcomes)] })
	m := newMade()
	s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.QueueBatches = 8 })
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				if b := s.books(); !assert.True(t, b.Balanced(), "%+v", b) {
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for g := range 3 {
		writers.Go(func() {
			for i := range 60 {
				m.hand(s, adding("a"), adding(fmt.Sprint(g, i)), unit{name: "h", unix: 10, points: 4}, adding("b"))
				s.drop(1, transport.ReasonUnsupported)
			}
		})
	}
	writers.Wait()
	assert.EqualValues(t, 3*60*5, s.books().RolledUp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = s.stop(ctx)
	close(stop)
	readers.Wait()
	balanced(t, s)
}
