package flush_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

func TestEventsGoOutByThemselvesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, nil)
		r := ticking(t, nil, in)
		for i := range 5 {
			assert.True(t, r.Event(titled(fmt.Sprint("e", i))))
			assert.True(t, r.Check(named(fmt.Sprint("c", i))))
		}
		synctest.Wait() // and no time passes
		assert.Equal(t, []string{"e0", "c0", "e1", "c1", "e2", "c2", "e3", "c3", "e4", "c4"}, in.taken())
		assert.Equal(t, flush.Books{Transport: "intake events", RolledUp: 10, Delivered: 10}, r.events(0))
		assert.Zero(t, r.book(0).RolledUp, "points have books of their own")
		seen := map[transport.BatchID]bool{}
		for _, b := range in.received {
			assert.False(t, seen[b.ID], "%v names two batches", b.ID)
			seen[b.ID] = true
		}
	})
}

func TestEachTransportGetsWhatItTakes(t *testing.T) {
	full, limited, none := newIntake(t, nil), newIntake(t, nil), memory.New(memory.WithoutEvents())
	limited.limited = true
	r := manual(t, nil, full, limited, none)
	r.Event(titled("e"))
	r.Check(named("c"))
	for _, unsent := range []int{0, 1} {
		assert.NotZero(t, r.events(unsent).Pending, "by hand nothing moves before a flush")
	}
	r.flushAll()
	assert.Equal(t, []string{"e", "c"}, full.taken())
	assert.Equal(t, []string{"e"}, limited.taken())
	assert.Empty(t, none.Batches())
	assert.Equal(t, flush.Books{Transport: "intake events", RolledUp: 2, Delivered: 2}, r.events(0))
	assert.Equal(t, flush.Books{Transport: "intake#2 events", RolledUp: 2, Delivered: 1, Dropped: dropped(transport.ReasonUnsupported)}, r.events(1))
	assert.Equal(t, flush.Books{
		Transport: "memory events", RolledUp: 2, Dropped: map[transport.Reason]uint64{transport.ReasonUnsupported: 2},
	}, r.events(2))
	require.NoError(t, r.Shutdown(t.Context()))
	assert.EqualValues(t, 1, full.closed.Load(), "of its two senders")
}

func TestTheQueueOfEventsIsBounded(t *testing.T) {
	for _, c := range []struct {
		dropNewest bool
		want       []string
	}{
		{false, []string{"e2", "e3", "e4"}},
		{true, []string{"e0", "e1", "e2"}},
	} {
		t.Run(fmt.Sprintf("dropNewest=%v", c.dropNewest), func(t *testing.T) {
			in := newIntake(t, nil)
			r := manual(t, func(cfg *flush.Config) {
				cfg.Transports[0].QueueEvents, cfg.Transports[0].DropNewest = 3, c.dropNewest
			}, in)
			id := r.cat.add(transport.KindCount, "c")
			r.src.count(id, 1)
			for i := range 5 {
				assert.True(t, r.Event(titled(fmt.Sprint("e", i))))
				b := r.events(0)
				assert.EqualValues(t, min(i+1, 3), b.Pending)
			}
			r.flushAll()
			assert.Equal(t, c.want, in.taken())
			b := r.events(0)
			assert.EqualValues(t, 3, b.Delivered)
			assert.Equal(t, map[transport.Reason]uint64{transport.ReasonQueueFull: 2}, b.Dropped)
			assert.Empty(t, r.book(0).Dropped, "the queue of points is another")
			assert.Len(t, in.points, 1)
		})
	}
}

// Every text an event can carry counts against the queue's bound in bytes.
func TestTheQueueOfEventsIsBoundedInBytes(t *testing.T) {
	long := strings.Repeat("x", 10<<10)
	for field, e := range map[string]transport.Event{
		"title": {Title: long}, "text": {Text: long}, "tag": {Tags: []string{long}}, "host": {Host: long},
		"aggregation key": {AggregationKey: long}, "source type": {SourceTypeName: long},
		"alert type": {AlertType: transport.AlertType(long)}, "priority": {Priority: transport.Priority(long)},
	} {
		t.Run(field, func(t *testing.T) {
			r := manual(t, func(cfg *flush.Config) { cfg.Transports[0].QueueBytes = 64 << 10 }, newIntake(t, nil))
			for range 20 {
				r.Event(e)
			}
			b := r.events(0)
			assert.LessOrEqual(t, b.Pending, uint64(6))
			assert.Equal(t, 20-b.Pending, b.Dropped[transport.ReasonQueueFull])
		})
	}
	for field, c := range map[string]transport.ServiceCheck{
		"name": {Name: long}, "message": {Message: long}, "tag": {Tags: []string{long}}, "host": {Host: long},
	} {
		t.Run("check "+field, func(t *testing.T) {
			r := manual(t, func(cfg *flush.Config) { cfg.Transports[0].QueueBytes = 64 << 10 }, newIntake(t, nil))
			for range 20 {
				r.Check(c)
			}
			assert.LessOrEqual(t, r.events(0).Pending, uint64(6))
		})
	}
}

func TestOnePoisonEventAmongGoodOnes(t *testing.T) {
	for outcome, reason := range map[transport.Outcome]transport.Reason{
		transport.Poison:    transport.ReasonRejected,
		transport.TooLarge:  transport.ReasonTooLarge,
		transport.Permanent: transport.ReasonPermanent,
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
					if titleOf(b) == "bad" {
						return sendError(outcome)
					}
					return nil
				})
				r := ticking(t, nil, in)
				for _, title := range []string{"a", "bad", "b", "bad", "c"} {
					r.Event(titled(title))
				}
				synctest.Wait()
				assert.Equal(t, []string{"a", "b", "c"}, in.taken(), "with no pause")
				tried, _ := in.times()
				assert.Len(t, tried, 5, "a refused one is not tried again")
				assert.Equal(t, map[transport.Reason]uint64{reason: 2}, r.events(0).Dropped)
			})
		})
	}
}

// A batch of one has nothing to be cut up, so there is no amplification to slow
// down for: a good event behind many refused ones is not late.
func TestManyPoisonEventsDoNotSlowAGoodOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if titleOf(b) == "bad" {
				return sendError(transport.Poison)
			}
			return nil
		})
		r := ticking(t, nil, in)
		for range 100 {
			r.Event(titled("bad"))
		}
		r.Event(titled("good"))
		synctest.Wait()
		assert.Equal(t, []string{"good"}, in.taken())
	})
}

func TestAnEventIsRetriedAloneAndFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 3
		var ids []transport.BatchID
		in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if titleOf(b) == "b" {
				ids = append(ids, b.ID)
				if failures > 0 {
					failures--
					return sendError(transport.Retry)
				}
			}
			return nil
		})
		r := ticking(t, nil, in)
		for _, title := range []string{"a", "b", "c"} {
			r.Event(titled(title))
		}
		synctest.Wait()
		assert.Equal(t, []string{"a"}, in.taken())
		assert.EqualValues(t, 2, r.events(0).Pending)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"a", "b", "c"}, in.taken())
		require.Len(t, ids, 4)
		for _, id := range ids {
			assert.Equal(t, ids[0], id, "a repetition is one of the same batch")
		}
	})
}

func TestAnEventThatPanicsTheTransportIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if titleOf(b) == "bad" {
				panic("no such event")
			}
			return nil
		})
		r := ticking(t, nil, in)
		id := r.cat.add(transport.KindCount, "c")
		r.Event(titled("bad"))
		r.Event(titled("good"))
		time.Sleep(10 * time.Second)
		r.src.count(id, 1)
		require.NoError(t, r.Flush(t.Context()))
		assert.Equal(t, []string{"good"}, in.taken())
		assert.Equal(t, dropped(transport.ReasonPermanent), r.events(0).Dropped)
		assert.EqualValues(t, 1, r.book(0).Delivered, "the gate is open after a panic")
	})
}

func TestAnUnknownOutcomeIsCountedOrSentAgain(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprintf("RetryUnknown=%v", again), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				in := newIntake(t, func(context.Context, *transport.Batch) error {
					if calls++; calls == 1 {
						return sendError(transport.Unknown)
					}
					return nil
				})
				r := ticking(t, func(cfg *flush.Config) { cfg.Transports[0].RetryUnknown = again }, in)
				r.Event(titled("e"))
				time.Sleep(time.Minute)
				b := r.events(0)
				assert.EqualValues(t, 1, b.Ambiguous)
				if again {
					assert.Equal(t, []string{"e"}, in.taken())
					assert.EqualValues(t, 1, b.Delivered)
				} else {
					assert.Empty(t, in.taken())
					assert.EqualValues(t, 1, b.Unknown)
				}
			})
		})
	}
}

func TestWhatATransportSaysOfOneEventIsHeard(t *testing.T) {
	for name, c := range map[string]struct {
		err  *transport.SendError
		want flush.Books
	}{
		"delivered":      {&transport.SendError{Outcome: transport.Retry, Delivered: 1}, flush.Books{Delivered: 1}},
		"rejected":       {&transport.SendError{Outcome: transport.Retry, Rejected: []transport.Rejection{{Index: 0}}}, flush.Books{Dropped: dropped(transport.ReasonRejected)}},
		"too many":       {&transport.SendError{Outcome: transport.Permanent, Delivered: 5}, flush.Books{Delivered: 1}},
		"rejects beyond": {&transport.SendError{Outcome: transport.Permanent, Rejected: []transport.Rejection{{Index: 7}}}, flush.Books{Dropped: dropped(transport.ReasonPermanent)}},
	} {
		t.Run(name, func(t *testing.T) {
			in := newIntake(t, func(context.Context, *transport.Batch) error { return c.err })
			r := manual(t, nil, in)
			r.Event(titled("e"))
			r.flushAll()
			b := r.events(0)
			assert.Contains(t, b.LastError, c.err.Error())
			c.want.Transport, c.want.RolledUp, c.want.LastError = "intake events", 1, b.LastError
			assert.Equal(t, c.want, b)
		})
	}
}

func TestFlushTellsOfEventsThatArePending(t *testing.T) {
	in := newIntake(t, func(context.Context, *transport.Batch) error { return sendError(transport.Retry) })
	r := manual(t, nil, in)
	r.Event(titled("e"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	assert.EqualError(t, r.Flush(ctx), `flush: transport "intake events": 1 events are still pending: no attempt is due before the end: context deadline exceeded`)

	ended, end := context.WithCancel(t.Context())
	end()
	err := r.Shutdown(ended)
	loss, ok := errors.AsType[*flush.LossError](err)
	require.True(t, ok, "%v", err)
	require.Len(t, loss.Transports, 1, "the points lost nothing")
	assert.Equal(t, "intake events", loss.Transports[0].Transport)
	assert.EqualValues(t, 1, loss.Transports[0].Pending)
	assert.False(t, r.Event(titled("late")))
	assert.False(t, r.Check(named("late")))
	assert.EqualValues(t, 1, r.events(0).RolledUp, "a refused event is the caller's to count")
	assert.ErrorIs(t, r.Flush(t.Context()), flush.ErrClosed)
}
