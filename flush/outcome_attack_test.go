package flush

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// A point whose answer was lost may lie among those that were delivered. At least
// once means that it is sent again, and not that it counts as delivered.
func TestRetryUnknownRepeatsPointsAmongTheDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doubt := []transport.Rejection{{Index: 0, Reason: "unknown"}}
		tr, m := replies(
			&transport.SendError{Outcome: transport.Retry, Delivered: 2, Rejected: doubt, Err: errBackend},
			&transport.SendError{Delivered: 2, Rejected: doubt, Err: errBackend}, // the outcome is about no point
		), newMade()
		s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.RetryUnknown = true })
		m.hand(s, many(3)...)
		require.NoError(t, s.wait(t.Context()))
		assert.Equal(t, "m000@10.0 m001@10.0 m002@10.0 | m000@10.0 m002@10.0 | m000@10.0", tr.all())
		b := balanced(t, s)
		assert.EqualValues(t, 3, b.Delivered)
		assert.EqualValues(t, 2, b.Ambiguous)
	})
}

// Points in doubt beside others that are refused for good are unknown, and not
// refused.
func TestPointsInDoubtBesideRefusedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(&transport.SendError{
			Outcome: transport.Permanent, Delivered: 1, Rejected: []transport.Rejection{{Index: 1, Reason: "unknown"}}, Err: errBackend,
		}), newMade()
		s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.RetryUnknown = true })
		m.hand(s, many(3)...)
		_ = s.wait(t.Context())
		b := balanced(t, s)
		assert.EqualValues(t, 1, b.Delivered)
		assert.EqualValues(t, 1, b.Unknown)
		assert.Equal(t, map[transport.Reason]uint64{transport.ReasonPermanent: 1}, b.Dropped)
	})
}
