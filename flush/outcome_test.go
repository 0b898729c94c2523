package flush

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

var errBackend = errors.New("backend says no")

func sendError(o transport.Outcome, delivered int, rejected ...int) error {
	e := &transport.SendError{Outcome: o, Delivered: delivered, Err: errBackend}
	for _, i := range rejected {
		e.Rejected = append(e.Rejected, transport.Rejection{Index: i, Reason: "no"})
	}
	return e
}

// replies answers one after the other, then takes everything.
func replies(errs ...error) *scripted {
	return answer(func(_ context.Context, call int, _ *transport.Batch) error {
		if call < len(errs) {
			return errs[call]
		}
		return nil
	})
}

// refusing refuses every batch that holds one of the points with an outcome.
func refusing(o transport.Outcome, bad ...string) *scripted {
	return answer(func(_ context.Context, _ int, b *transport.Batch) error {
		for _, name := range names(b) {
			name, _, _ = strings.Cut(name, "@")
			if slices.Contains(bad, name) {
				return sendError(o, 0)
			}
		}
		return nil
	})
}

func TestOutcomes(t *testing.T) {
	h3 := func(name string) unit { return unit{name: name, unix: 10, points: 3} }
	for name, c := range map[string]struct {
		units     []unit
		replies   []error
		sent      string
		delivered int
		unknown   int
		ambiguous int
		dropped   map[transport.Reason]uint64
		lastError string
	}{
		"permanent drops the batch": {
			units: many(3), replies: []error{sendError(transport.Permanent, 0)},
			sent: "m000@10.0 m001@10.0 m002@10.0", lastError: "backend says no",
			dropped: map[transport.Reason]uint64{transport.ReasonPermanent: 3},
		},
		"a plain error is permanent": {
			units: many(1), replies: []error{errBackend}, lastError: "backend says no",
			sent: "m000@10.0", dropped: map[transport.Reason]uint64{transport.ReasonPermanent: 1},
		},
		"a typed nil is a success": {
			units: many(1), replies: []error{(*transport.SendError)(nil)}, sent: "m000@10.0", delivered: 1,
		},
		"permanent after a part keeps the part": {
			units: many(3), replies: []error{sendError(transport.Permanent, 2)},
			sent: "m000@10.0 m001@10.0 m002@10.0", lastError: "backend says no (after 2 points were delivered)",
			delivered: 2, dropped: map[transport.Reason]uint64{transport.ReasonPermanent: 1},
		},
		"retry sends the rest": {
			units: many(3), replies: []error{sendError(transport.Retry, 1), sendError(transport.Retry, 1)},
			sent:      "m000@10.0 m001@10.0 m002@10.0 | m001@10.0 m002@10.0 | m002@10.0",
			delivered: 3,
		},
		"retry goes on in the middle of a unit": {
			units: []unit{h3("h"), adding("c")}, replies: []error{sendError(transport.Retry, 2)},
			sent:      "h.0@10.0 h.1@10.0 h.2@10.0 c@10.0 | h.2@10.0 c@10.0",
			delivered: 2,
		},
		"a unit with a rejected part is rejected, and its other parts are sent": {
			units: []unit{h3("h"), adding("c")}, replies: []error{sendError(transport.Retry, 0, 1)},
			sent:      "h.0@10.0 h.1@10.0 h.2@10.0 c@10.0 | h.0@10.0 h.2@10.0 c@10.0",
			delivered: 1, dropped: map[transport.Reason]uint64{transport.ReasonRejected: 1},
		},
		"single rejections need no second attempt": {
			units: many(3), replies: []error{sendError(transport.Permanent, 1, 1, 2)},
			sent: "m000@10.0 m001@10.0 m002@10.0", lastError: "backend says no (after 1 points were delivered) (2 points rejected, the first: no)",
			delivered: 1, dropped: map[transport.Reason]uint64{transport.ReasonRejected: 2},
		},
		"rejected among the delivered, for a reason that the books name": {
			units: many(3), replies: []error{&transport.SendError{Delivered: 3, Rejected: []transport.Rejection{{Index: 1, Reason: "collision"}}, Err: errBackend}},
			sent: "m000@10.0 m001@10.0 m002@10.0", lastError: "backend says no (after 2 points were delivered) (1 points rejected, the first: collision)",
			delivered: 2, dropped: map[transport.Reason]uint64{transport.ReasonCollision: 1},
		},
		"unknown in the middle, and the rest not tried": {
			units: many(4), replies: []error{&transport.SendError{
				Outcome: transport.Retry, Delivered: 1,
				Rejected: []transport.Rejection{{Index: 1, Reason: "unknown"}, {Index: 2, Reason: "unknown"}}, Err: errBackend,
			}},
			sent:      "m000@10.0 m001@10.0 m002@10.0 m003@10.0 | m003@10.0",
			delivered: 2, unknown: 2, ambiguous: 1,
		},
		"more delivered than sent is taken as all": {
			units: many(2), replies: []error{sendError(transport.Retry, 5)},
			sent: "m000@10.0 m001@10.0", delivered: 2,
			lastError: "backend says no (after 5 points were delivered) (the transport reports what cannot be: 5 of 2 points delivered; correct its SendError)",
		},
		"unknown is final for what adds up": {
			units: many(2), replies: []error{sendError(transport.Unknown, 1)},
			sent: "m000@10.0 m001@10.0", delivered: 1, unknown: 1, ambiguous: 1,
			lastError: "backend says no (after 1 points were delivered)",
		},
		"unknown is sent once more where the backend overwrites": {
			units: []unit{overwriting("o")}, replies: []error{sendError(transport.Unknown, 0)},
			sent: "o@10.0 | o@10.0", delivered: 1, ambiguous: 1,
		},
		"unknown twice is unknown": {
			units: []unit{overwriting("o")}, replies: []error{sendError(transport.Unknown, 0), sendError(transport.Unknown, 0)},
			sent: "o@10.0 | o@10.0", unknown: 1, ambiguous: 2, lastError: "backend says no",
		},
		"unknown of both kinds resends one of them": {
			units: []unit{adding("a"), overwriting("o"), adding("b")}, replies: []error{sendError(transport.Unknown, 0)},
			sent: "a@10.0 o@10.0 b@10.0 | o@10.0", delivered: 1, unknown: 2, ambiguous: 1,
		},
		"one point too large for the backend is dropped alone": {
			units: many(1), replies: []error{sendError(transport.TooLarge, 0)},
			sent: "m000@10.0", dropped: map[transport.Reason]uint64{transport.ReasonTooLarge: 1}, lastError: "backend says no",
		},
		"too large after a part halves the rest": {
			units: many(4), replies: []error{sendError(transport.TooLarge, 1)},
			sent:      "m000@10.0 m001@10.0 m002@10.0 m003@10.0 | m001@10.0 | m002@10.0 m003@10.0",
			delivered: 4,
		},
		"a unit is never cut": {
			units: []unit{h3("h"), h3("k")}, replies: []error{sendError(transport.TooLarge, 0), sendError(transport.TooLarge, 0)},
			sent:      "h.0@10.0 h.1@10.0 h.2@10.0 k.0@10.0 k.1@10.0 k.2@10.0 | h.0@10.0 h.1@10.0 h.2@10.0 | k.0@10.0 k.1@10.0 k.2@10.0",
			delivered: 1, dropped: map[transport.Reason]uint64{transport.ReasonTooLarge: 1},
		},
		"points of one series over several buckets": {
			units:     []unit{adding("a"), {name: "a", unix: 20}, {name: "a", unix: 30}, adding("b")},
			replies:   []error{sendError(transport.Retry, 1, 2)},
			sent:      "a@10.0 a@20.0 a@30.0 b@10.0 | a@20.0 b@10.0",
			delivered: 3, dropped: map[transport.Reason]uint64{transport.ReasonRejected: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, m := replies(c.replies...), newMade()
				s, _ := started(t, tr)
				m.hand(s, c.units...)
				require.NoError(t, s.wait(t.Context()))
				b := balanced(t, s)
				assert.Equal(t, c.sent, tr.all())
				assert.EqualValues(t, c.delivered, b.Delivered, "delivered")
				assert.EqualValues(t, c.unknown, b.Unknown, "unknown")
				assert.EqualValues(t, c.ambiguous, b.Ambiguous, "ambiguous")
				assert.Equal(t, c.dropped, b.Dropped)
				assert.Equal(t, c.lastError, b.LastError)
				synctest.Wait()
				m.free(t)
			})
		})
	}
}

func TestPartsOfABatchHaveIDsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(sendError(transport.Retry, 0), sendError(transport.TooLarge, 0), sendError(transport.Retry, 1), sendError(transport.Retry, 0)), newMade()
		s, _ := started(t, tr)
		m.hand(s, many(4)...)
		require.NoError(t, s.wait(t.Context()))
		var ids []string
		for _, c := range tr.seen() {
			_, id, _ := strings.Cut(c.id.String(), "-")
			ids = append(ids, fmt.Sprint(id, "/", len(c.points)))
		}
		assert.Equal(t, []string{"1/4", "1/4", "1.1/2", "1.2/1", "1.2/1", "1.3/2"}, ids,
			"the same points have the same id over retries, other points another")
	})
}

func TestOneBadUnitIsFoundAndDroppedAlone(t *testing.T) {
	for o, reason := range map[transport.Outcome]transport.Reason{
		transport.Poison:   transport.ReasonRejected,
		transport.TooLarge: transport.ReasonTooLarge,
	} {
		for _, bad := range []string{"m000", "m123", "m999"} {
			t.Run(fmt.Sprint(o, " ", bad), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tr, m := refusing(o, bad), newMade()
					s, _ := started(t, tr)
					m.hand(s, many(1000)...)
					begin := time.Now()
					require.NoError(t, s.wait(t.Context()))
					assert.Zero(t, time.Since(begin), "no pause while halving")
					assert.LessOrEqual(t, len(tr.seen()), 2*10+1, "two requests for each of log2(1000) levels")
					b := balanced(t, s)
					assert.EqualValues(t, 999, b.Delivered)
					assert.Equal(t, map[transport.Reason]uint64{reason: 1}, b.Dropped)
					synctest.Wait()
					m.free(t)
				})
			})
		}
	}
}

func TestManyBadUnitsAmongGoodOnesCauseNoPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		units := many(400)
		var bad []string
		for i := 0; i < len(units); i += 4 {
			bad = append(bad, units[i].name)
		}
		tr, m := refusing(transport.Poison, bad...), newMade()
		s, _ := started(t, tr)
		m.hand(s, units...)
		begin := time.Now()
		require.NoError(t, s.wait(t.Context()))
		assert.Zero(t, time.Since(begin), "what is delivered in between shows that the backend is well")
		assert.EqualValues(t, 300, balanced(t, s).Delivered)
	})
}

func TestABackendThatRefusesEverythingIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := answer(func(context.Context, int, *transport.Batch) error { return sendError(transport.Poison, 0) })
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, many(300)...)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Less(t, len(tr.seen()), maxBarren+30)
		time.Sleep(20 * time.Hour)
		synctest.Wait()
		b := balanced(t, s)
		assert.EqualValues(t, 300, b.Dropped[transport.ReasonRejected], "every unit ends all the same")
		assert.Len(t, tr.seen(), 2*300-1)
	})
}

func TestAPanicIsRetriedAFewTimes(t *testing.T) {
	for name, c := range map[string]struct {
		panics    int
		delivered uint64
		dropped   map[transport.Reason]uint64
	}{
		"and delivered if it stops":  {panics: maxPanics - 1, delivered: 2},
		"and dropped if it does not": {panics: maxPanics, dropped: map[transport.Reason]uint64{transport.ReasonPermanent: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
					if call < c.panics {
						panic("index out of range, or so")
					}
					return nil
				})
				m := newMade()
				s, h := started(t, tr)
				m.hand(s, many(2)...)
				require.NoError(t, s.wait(t.Context()))
				b := balanced(t, s)
				assert.Equal(t, c.delivered, b.Delivered)
				assert.Equal(t, c.dropped, b.Dropped)
				assert.Equal(t, 1, strings.Count(h.logged(), "a transport panicked"), "the stack is logged once")
				assert.Contains(t, h.logged(), "outcome_test.go")
				assert.Contains(t, h.errors()[0], `flush: transport "fake": Send panicked: index out of range, or so`)
				m.hand(s, adding("next"))
				assert.NoError(t, s.wait(t.Context()), "the sender goes on")
				synctest.Wait()
				m.free(t)
			})
		})
	}
}
