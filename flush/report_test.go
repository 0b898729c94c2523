package flush

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

func TestReportsAreRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		env := h.env()
		r := &reporter{transport: "fake", log: env.log, onError: env.onError}
		for range 5 {
			r.report(errBackend)
		}
		assert.Equal(t, []string{`flush: transport "fake": backend says no`}, h.errors(), "the first at once")
		time.Sleep(reportEvery - 1)
		r.report(errBackend)
		assert.Len(t, h.errors(), 1)
		time.Sleep(time.Nanosecond)
		r.report(errBackend)
		assert.Equal(t, `flush: transport "fake": backend says no (and 5 more since the last report)`, h.errors()[1])
		time.Sleep(reportEvery)
		r.report(errBackend)
		assert.Equal(t, `flush: transport "fake": backend says no`, h.errors()[2])
		assert.Contains(t, h.logged(), "transport=fake")
	})
}

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Handle(context.Context, slog.Record) error { panic("logger") }

func (panickingHandler) Enabled(context.Context, slog.Level) bool { return true }

func TestHandlersThatPanicAreSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		tr, m := replies(errBackend, errBackend), newMade()
		s, _ := started(t, tr, func(_ *TransportConfig, e *senderEnv) {
			e.log = slog.New(panickingHandler{slog.DiscardHandler})
			e.onError = func(err error) { calls++; panic(err) }
		})
		m.hand(s, adding("a"))
		require.NoError(t, s.wait(t.Context()))
		m.hand(s, adding("b"))
		require.NoError(t, s.wait(t.Context()))
		m.hand(s, adding("c"))
		require.NoError(t, s.wait(t.Context()))
		synctest.Wait()
		assert.Equal(t, 1, calls)
		assert.EqualValues(t, 1, balanced(t, s).Delivered)
	})
}

func TestAHandlerThatBlocksHoldsNobodyButItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr, m := replies(errBackend), newMade()
		s, _ := started(t, tr, func(_ *TransportConfig, e *senderEnv) { e.onError = func(error) { <-gate } })
		m.hand(s, adding("a"))
		synctest.Wait()
		m.hand(s, adding("b"))
		assert.EqualValues(t, 1, balanced(t, s).Pending)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := s.stop(ctx)
		assert.ErrorContains(t, err, "1 points are still pending")
		assert.ErrorContains(t, err, "the error handler or the logger")
		assert.LessOrEqual(t, time.Since(begin), time.Second+settleGrace)
		close(gate)
	})
}

func TestAHandlerMayAskTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(errBackend), newMade()
		var s *sender
		var seen Books
		ready := make(chan struct{})
		s, _ = started(t, tr, func(_ *TransportConfig, e *senderEnv) {
			e.onError = func(error) {
				<-ready
				seen = s.books()
				m.hand(s, adding("from the handler"))
			}
		})
		close(ready)
		m.hand(s, adding("a"))
		require.NoError(t, s.wait(t.Context()))
		synctest.Wait()
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "backend says no", seen.LastError)
		assert.EqualValues(t, 1, seen.Dropped[transport.ReasonPermanent])
		assert.EqualValues(t, 1, balanced(t, s).Delivered)
	})
}
