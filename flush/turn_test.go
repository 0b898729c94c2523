package flush

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// A turn that is free does not begin a Send whose context has ended: a simple
// transport would return the bare error of it, and the batch would be unknown.
func TestNoTurnBeginsAfterTheEnd(t *testing.T) {
	g := newGate()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // the runtime picks among what is ready
		err := g.enter(ended, time.Hour, true)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, transport.Retry, transport.AsSendError(err).Outcome)
		assert.Empty(t, g.turn)
		assert.False(t, g.waiting)
	}
	assert.NoError(t, g.enter(t.Context(), time.Hour, true), "the turn is free for others")
	g.leave()
}

func TestTheWaitForATurnIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		require.NoError(t, g.enter(t.Context(), time.Second, false))
		start := time.Now()
		assert.ErrorIs(t, g.enter(t.Context(), time.Second, true), errOvertime)
		assert.Equal(t, time.Second, time.Since(start))
		g.leave()
		assert.Empty(t, g.turn)
	})
}

// Only the Send of an event is ended, only for points that wait, and only while
// it is under way.
func TestHurryEndsWhatPointsWaitFor(t *testing.T) {
	for _, c := range []struct {
		name          string
		points, ended bool
	}{{"points wait", true, true}, {"events wait", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				require.NoError(t, g.enter(t.Context(), time.Second, !c.points))
				ended := false
				g.mayEnd(func() { ended = true })
				g.hurry()
				assert.False(t, ended, "nobody waits")
				entered := make(chan error)
				go func() { entered <- g.enter(t.Context(), time.Minute, c.points) }()
				synctest.Wait()
				g.hurry()
				assert.Equal(t, c.ended, ended)
				ended = false
				g.leave()
				require.NoError(t, <-entered)
				g.hurry()
				assert.False(t, ended, "it has returned")
				g.leave()
			})
		})
	}
}

func TestTheLastSenderIsTold(t *testing.T) {
	g := newGate()
	assert.False(t, g.last())
	assert.True(t, g.last())
}

// eventful takes events and does not care.
type eventful struct{ *scripted }

func (eventful) Describe() transport.Description { return transport.Description{Events: true} }

// A handout of an event is held by the transports that have still to send it, and
// by nobody else.
func TestAnEventIsHeldByItsQueuesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := New(Config{Manual: true, Transports: []TransportConfig{
			{Transport: eventful{answer(nil)}}, {Transport: answer(nil)}, {Transport: eventful{answer(nil)}},
		}})
		require.NoError(t, err)
		require.True(t, f.Event(transport.Event{Title: "T"}))
		h := f.lanes[0].sender.queue.front().h
		assert.EqualValues(t, 2, h.refs.Load())
		require.NoError(t, f.lanes[0].sender.wait(t.Context()))
		assert.EqualValues(t, 1, h.refs.Load())
		require.NoError(t, f.lanes[2].sender.wait(t.Context()))
		assert.Zero(t, h.refs.Load())
	})
}
