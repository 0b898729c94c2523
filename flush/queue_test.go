package flush

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// blocked returns a sender whose first Send waits for the gate.
func blocked(t *testing.T, cfg func(*TransportConfig)) (*sender, *scripted, chan struct{}) {
	gate := make(chan struct{})
	tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
		if call == 0 {
			<-gate
		}
		return nil
	})
	s, _ := started(t, tr, func(c *TransportConfig, _ *senderEnv) { cfg(c) })
	return s, tr, gate
}

func TestTheQueueBoundIsExact(t *testing.T) {
	for name, c := range map[string]struct {
		newest bool
		want   string
	}{
		"drop oldest": {false, "b0@10.0 | b3@10.0 | b4@10.0 | b5@10.0"},
		"drop newest": {true, "b0@10.0 | b1@10.0 | b2@10.0 | b3@10.0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tr, gate := blocked(t, func(tc *TransportConfig) { tc.QueueBatches, tc.DropNewest = 3, c.newest })
				m := newMade()
				for i := range 6 {
					m.hand(s, adding(fmt.Sprintf("b%d", i)))
					synctest.Wait()
					balanced(t, s)
				}
				assert.EqualValues(t, 2, balanced(t, s).Dropped[transport.ReasonQueueFull])
				close(gate)
				require.NoError(t, s.wait(t.Context()))
				assert.Equal(t, c.want, tr.all(), "what is in flight is not dropped")
				assert.EqualValues(t, 4, balanced(t, s).Delivered)
				synctest.Wait()
				m.free(t)
			})
		})
	}
}

func TestTheQueueIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tr, gate := blocked(t, func(tc *TransportConfig) { tc.QueueBytes = 1000 })
		m := newMade()
		m.hand(s, adding("first"))
		synctest.Wait()
		m.hand(s, many(4)...)  // 400 bytes
		m.hand(s, many(5)...)  // 500
		m.hand(s, many(3)...)  // 300: the first of them goes
		m.hand(s, many(50)...) // more than the bound: all others go, it stays
		assert.EqualValues(t, 12, balanced(t, s).Dropped[transport.ReasonQueueFull])
		assert.EqualValues(t, 51, balanced(t, s).Pending)
		close(gate)
		require.NoError(t, s.wait(t.Context()))
		assert.Len(t, tr.seen(), 2)
		assert.Zero(t, s.queue.bytes)
		assert.Zero(t, s.queue.batches)
		synctest.Wait()
		m.free(t)
	})
}

func TestABatchLargerThanTheBoundPassesAnEmptyQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, newest := range []bool{false, true} {
			m := newMade()
			s, _ := started(t, answer(nil), func(c *TransportConfig, _ *senderEnv) { c.QueueBytes, c.DropNewest = 1, newest })
			for range 3 {
				m.hand(s, many(10)...)
				require.NoError(t, s.wait(t.Context()))
			}
			assert.EqualValues(t, 30, balanced(t, s).Delivered)
		}
	})
}

func TestWhatWaitsForItsRetryMayBeDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, m := replies(sendError(transport.TooLarge, 1), sendError(transport.Retry, 0)), newMade()
		s, h := started(t, tr, func(c *TransportConfig, _ *senderEnv) { c.QueueBatches = 2 })
		m.hand(s, many(7)...) // one delivered, the others in two halves that wait
		synctest.Wait()
		m.hand(s, adding("b"))
		assert.EqualValues(t, 7, balanced(t, s).Pending, "halves are one batch")
		m.hand(s, adding("c"))
		b := balanced(t, s)
		assert.EqualValues(t, 6, b.Dropped[transport.ReasonQueueFull], "each unit of it, once")
		require.NoError(t, s.wait(t.Context()))
		assert.EqualValues(t, 3, balanced(t, s).Delivered)
		synctest.Wait()
		m.free(t)
		assert.Equal(t, "backend says no (after 1 points were delivered)", h.errors()[0][len(`flush: transport "fake": `):])
	})
}

func TestOverflowIsReportedWithItsNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, gate := blocked(t, func(c *TransportConfig) { c.QueueBatches = 1 })
		h := &heard{}
		s.report.onError = h.onError
		m := newMade()
		m.hand(s, adding("a"))
		synctest.Wait()
		for range 4 {
			m.hand(s, many(2)...)
		}
		close(gate)
		require.NoError(t, s.wait(t.Context()))
		synctest.Wait()
		require.Len(t, h.errors(), 1)
		assert.Contains(t, h.errors()[0], "6 points were dropped, the queue of 1 batches")
	})
}
