package flush

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// gaps returns the waits between the calls.
func gaps(calls []sending) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(calls); i++ {
		out = append(out, calls[i].at-calls[i-1].at)
	}
	return out
}

func TestBackoffIsFullJitterBelowADoublingBound(t *testing.T) {
	bounds := []time.Duration{500, 1000, 2000, 4000, 8000, 16000, 30000, 30000}
	longest, shortest := make([]time.Duration, len(bounds)), make([]time.Duration, len(bounds))
	for range 400 {
		p := newPace()
		for i := range bounds {
			now := time.Unix(1000, 0)
			p.breaker = breaker{} // the wait alone
			p.failed(now, 0, false)
			wait := p.due.Sub(now)
			longest[i] = max(longest[i], wait)
			if shortest[i] == 0 || wait < shortest[i] {
				shortest[i] = wait
			}
		}
	}
	for i, b := range bounds {
		b *= time.Millisecond
		assert.LessOrEqual(t, longest[i], b, "failure %d", i+1)
		assert.Greater(t, longest[i], b*9/10, "the whole range is used")
		assert.Less(t, shortest[i], b/10, "the whole range is used")
	}
}

func TestTheWaitThePeerAsksForIsHonouredWithinBounds(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{
		5 * time.Second:         5 * time.Second,
		time.Millisecond:        time.Second,
		1 << 62:                 5 * time.Minute,
		90 * 24 * time.Hour:     5 * time.Minute,
		299 * time.Second:       299 * time.Second,
		time.Second + 1:         time.Second + 1,
		5*time.Minute + 1:       5 * time.Minute,
		1500 * time.Millisecond: 1500 * time.Millisecond,
	} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, m := failing(1, transport.SendError{Outcome: transport.Retry, After: after}), newMade()
				s, _ := started(t, tr)
				m.hand(s, adding("a"))
				begin := time.Now()
				s.enqueue(m.batch(adding("b"))) // neither enqueue waits
				assert.Zero(t, time.Since(begin))
				require.NoError(t, s.wait(t.Context()))
				assert.Equal(t, want, gaps(tr.seen())[0])
			})
		})
	}
	for _, after := range []time.Duration{0, -time.Hour} {
		p, now := newPace(), time.Unix(1000, 0)
		p.failed(now, after, false)
		assert.LessOrEqual(t, p.due.Sub(now), retryFirst, "no wish: our own back-off")
		assert.False(t, p.asked)
	}
}

func TestFiveFailuresOpenTheBreakerAndOneProbeEach30SecondsClosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		tr := answer(func(context.Context, int, *transport.Batch) error {
			if up {
				return nil
			}
			return sendError(transport.Retry, 0)
		})
		m := newMade()
		s, _ := started(t, tr)
		for range 10 {
			m.hand(s, adding("a"))
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		waits := gaps(tr.seen())
		require.Greater(t, len(waits), breakerFailures)
		for i, w := range waits {
			if i+1 >= breakerFailures {
				assert.Equal(t, breakerProbe, w, "wait %d", i)
			} else {
				assert.LessOrEqual(t, w, retryMost/2)
			}
		}
		assert.LessOrEqual(t, len(waits), breakerFailures+10*60/30)
		for _, c := range tr.seen() {
			assert.EqualValues(t, 1, c.id.Seq, "the front batch alone is tried")
		}
		up = true
		begin := time.Now()
		require.NoError(t, s.wait(t.Context()))
		assert.LessOrEqual(t, time.Since(begin), breakerProbe)
		b := balanced(t, s)
		assert.EqualValues(t, 10, b.Delivered, "nothing was lost")
		assert.Empty(t, b.Dropped)
		assert.Empty(t, b.LastError)
		synctest.Wait()
		m.free(t)
	})
}

func TestDeniedOpensTheBreakerAtOnceAndKeepsTheData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := failing(3, transport.SendError{Outcome: transport.Denied}), newMade()
		s, _ := started(t, tr)
		m.hand(s, many(4)...)
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, []time.Duration{breakerProbe, breakerProbe, breakerProbe}, gaps(tr.seen()))
		assert.EqualValues(t, 4, balanced(t, s).Delivered)
	})
}

func TestProgressRestartsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
			if call < 30 {
				return sendError(transport.Retry, 1)
			}
			return nil
		})
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, many(40)...)
		require.NoError(t, s.wait(t.Context()))
		for _, w := range gaps(tr.seen()) {
			assert.LessOrEqual(t, w, retryFirst, "every attempt delivered something")
		}
		assert.EqualValues(t, 40, balanced(t, s).Delivered)
	})
}

func TestWhatIsRetriedForTooLongExpires(t *testing.T) {
	for o, reason := range map[transport.Outcome]transport.Reason{
		transport.Retry:  transport.ReasonExpired,
		transport.Denied: transport.ReasonDenied,
	} {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, m := failing(1<<30, transport.SendError{Outcome: o}), newMade()
				s, _ := started(t, tr, func(_ *TransportConfig, e *senderEnv) { e.maxAge = time.Hour })
				for range 3 {
					m.hand(s, many(5)...)
				}
				time.Sleep(30 * time.Minute)
				m.hand(s, adding("younger"))
				time.Sleep(29 * time.Minute)
				assert.EqualValues(t, 16, balanced(t, s).Pending)
				time.Sleep(2 * time.Minute)
				b := balanced(t, s)
				assert.EqualValues(t, 15, b.Dropped[reason], "all of that age, one attempt was enough to tell")
				assert.EqualValues(t, 1, b.Pending)
				time.Sleep(30 * time.Minute)
				assert.EqualValues(t, 16, balanced(t, s).Dropped[reason])
				synctest.Wait()
				m.free(t)
			})
		})
	}
}

func TestBreaker(t *testing.T) {
	var b breaker
	now := time.Unix(1000, 0)
	for range breakerFailures - 1 {
		b.failure(now, false)
	}
	assert.False(t, b.open)
	b.success()
	for range breakerFailures - 1 {
		b.failure(now, false)
	}
	assert.False(t, b.open, "only failures in a row count")
	b.failure(now, false)
	assert.True(t, b.open)
	assert.Equal(t, now.Add(breakerProbe), b.probe)
	b.failure(now.Add(time.Minute), false)
	assert.Equal(t, now.Add(time.Minute+breakerProbe), b.probe, "a failed probe opens it again")
	b.success()
	assert.Equal(t, breaker{}, b)
}
