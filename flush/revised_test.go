package flush

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// Lost answers, later revisions, and what one means for the other.

func TestAnUnknownResendLetsTheFirstRequestDie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(sendError(transport.Unknown, 0)), newMade()
		s, _ := started(t, tr)
		m.hand(s, overwriting("o"))
		synctest.Wait()
		m.hand(s, unit{name: "o", unix: 10, rev: 1, overwrite: true})
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "o@10.0 | o@10.1", tr.all(), "the newest whole is what is sent again")
		assert.GreaterOrEqual(t, tr.seen()[1].at, resendAfter)
		b := balanced(t, s)
		assert.EqualValues(t, 1, b.Superseded)
		assert.EqualValues(t, 1, b.Delivered)
	})
}

func TestRetryUnknownRepeatsBothKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unknownReply := sendError(transport.Unknown, 0)
		tr, m := replies(unknownReply, unknownReply, unknownReply), newMade()
		s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.RetryUnknown = true })
		m.hand(s, adding("a"), overwriting("o"))
		require.NoError(t, s.wait(t.Context()))
		calls := tr.seen()
		assert.Equal(t, "a@10.0 o@10.0 | a@10.0 | a@10.0 | a@10.0 | o@10.0", tr.all())
		assert.GreaterOrEqual(t, calls[4].at, resendAfter)
		assert.Equal(t, calls[1].id, calls[2].id)
		b := balanced(t, s)
		assert.EqualValues(t, 2, b.Delivered)
		assert.EqualValues(t, 3, b.Ambiguous)
	})
}

// A transport that tried a part of the batch names the points whose answer was lost.
func TestRetryUnknownRepeatsPointsThatATransportNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(&transport.SendError{
			Outcome: transport.Retry, Delivered: 1, Rejected: []transport.Rejection{{Index: 1, Reason: "unknown"}}, Err: errBackend,
		}), newMade()
		s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.RetryUnknown = true })
		m.hand(s, many(3)...)
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "m000@10.0 m001@10.0 m002@10.0 | m001@10.0 m002@10.0", tr.all())
		b := balanced(t, s)
		assert.EqualValues(t, 3, b.Delivered)
		assert.EqualValues(t, 1, b.Ambiguous)
	})
}

func TestRetryUnknownKeepsTheIDOfABatchOfOneKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(sendError(transport.Unknown, 0)), newMade()
		s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.RetryUnknown = true })
		m.hand(s, many(3)...)
		require.NoError(t, s.wait(t.Context()))
		calls := tr.seen()
		require.Len(t, calls, 2)
		assert.Equal(t, calls[0].id, calls[1].id)
	})
}

func TestARevisionReplacesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
			if call == 0 {
				<-gate
			}
			return nil
		})
		m := newMade()
		s, _ := started(t, tr)
		m.hand(s, adding("first"))
		synctest.Wait()
		o := func(rev uint32) unit { return unit{name: "o", unix: 10, rev: rev, overwrite: true} }
		a := func(rev uint32) unit { return unit{name: "a", unix: 10, rev: rev} }
		m.hand(s, o(0), a(0), overwriting("other"))
		m.hand(s, o(1))
		m.hand(s, o(2), a(1))
		close(gate)
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "first@10.0 | a@10.0 other@10.0 | o@10.2 a@10.1", tr.all(), "late parts of what adds up are no replacement")
		b := balanced(t, s)
		assert.EqualValues(t, 2, b.Superseded)
		assert.EqualValues(t, 5, b.Delivered)
		synctest.Wait()
		m.free(t)
	})
}

func TestALaterRevisionHealsWhatWasDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(sendError(transport.Permanent, 0), sendError(transport.Unknown, 0), nil), newMade()
		s, _ := started(t, tr)
		m.hand(s, overwriting("o"), adding("a"))
		require.NoError(t, s.wait(t.Context()))
		m.hand(s, unit{name: "o", unix: 10, rev: 1, overwrite: true}, unit{name: "a", unix: 10, rev: 1})
		require.NoError(t, s.wait(t.Context()))
		b := balanced(t, s)
		assert.EqualValues(t, 1, b.Healed, "the part of a is gone for good")
		assert.EqualValues(t, 2, b.Dropped[transport.ReasonPermanent], "healing moves nothing in the books")
	})
}

func TestARevisionThatWasDroppedReplacesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr, gate := blocked(t, func(c *TransportConfig) { c.QueueBatches, c.DropNewest = 1, true })
		m := newMade()
		m.hand(s, adding("first"))
		synctest.Wait()
		m.hand(s, overwriting("o"))
		m.hand(s, unit{name: "o", unix: 10, rev: 1, overwrite: true})
		close(gate)
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "first@10.0 | o@10.0", tr.all(), "the older is better than nothing")
		b := balanced(t, s)
		assert.Zero(t, b.Superseded)
		assert.EqualValues(t, 1, b.Dropped[transport.ReasonQueueFull])
	})
}
