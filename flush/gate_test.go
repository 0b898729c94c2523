package flush_test

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

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// submitting counts once in the middle of each roll-up, for some of them.
func (r *rig) submitting(id shard.ID, rollups int) {
	for range rollups {
		time.Sleep(5 * time.Second)
		r.src.count(id, 1)
		time.Sleep(5 * time.Second)
	}
}

func TestPointsFlowWhileEventsFail(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"refused": func(context.Context) error { return sendError(transport.Retry) },
		"denied":  func(context.Context) error { return sendError(transport.Denied) },
		"silent":  hole,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
					if titleOf(b) != "" {
						return fail(ctx)
					}
					select { // a backend at some distance
					case <-time.After(4 * time.Second):
						return nil
					case <-ctx.Done():
						return sendError(transport.Unknown)
					}
				})
				r := ticking(t, nil, in)
				id := r.cat.add(transport.KindCount, "c")
				for range 50 {
					r.Event(titled("e"))
				}
				r.submitting(id, 60)
				time.Sleep(2 * time.Minute) // what is on its way arrives
				b := r.book(0)
				assert.EqualValues(t, 60, b.Delivered, "%+v", b)
				assert.Zero(t, b.Unknown, "the wait for its turn must not shorten a Send's time")
				assert.Empty(t, b.LastError)
				assert.Empty(t, in.taken())
				r.events(0)
			})
		})
	}
}

func TestEventsFlowWhilePointsFail(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"refused": func(context.Context) error { return sendError(transport.Retry) },
		"silent":  hole,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
					if titleOf(b) == "" {
						return fail(ctx)
					}
					return nil
				})
				r := ticking(t, nil, in)
				id := r.cat.add(transport.KindCount, "c")
				for range 30 {
					r.Event(titled("e"))
					r.submitting(id, 1)
				}
				time.Sleep(time.Minute)
				assert.EqualValues(t, 30, r.events(0).Delivered)
				assert.Len(t, in.taken(), 30)
				assert.Zero(t, r.book(0).Delivered)
			})
		})
	}
}

// A Send that ignores its context keeps the other side out, which goes on when it
// returns, and has lost nothing.
func TestAStuckSendOfTheOtherSideEndsInRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if titleOf(b) != "" {
				<-free
			}
			return nil
		})
		r := ticking(t, nil, in)
		id := r.cat.add(transport.KindCount, "c")
		r.Event(titled("e"))
		r.submitting(id, 6)
		b := r.book(0)
		assert.Zero(t, b.Delivered+b.Unknown+b.DroppedTotal())
		assert.NotZero(t, b.Pending)
		assert.Contains(t, b.LastError, "no turn to send: another Send of the transport has not returned")
		assert.Contains(t, r.events(0).LastError, "Send has ignored the end of its context")
		close(free)
		time.Sleep(2 * time.Minute)
		assert.EqualValues(t, 6, r.book(0).Delivered)
		assert.EqualValues(t, 1, r.events(0).Delivered)
	})
}

func TestShutdownIsInTimeIfTheTransportIgnoresContexts(t *testing.T) {
	for name, stuck := range map[string]func(points bool) bool{
		"events": func(points bool) bool { return !points },
		"points": func(points bool) bool { return points },
		"close":  nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
					if stuck != nil && stuck(titleOf(b) == "") {
						<-free
					}
					return nil
				})
				in.overlaps = true
				if stuck == nil {
					in.close = func(context.Context) error { <-free; return nil }
				}
				r := ticking(t, nil, in)
				id := r.cat.add(transport.KindCount, "c")
				r.src.count(id, 1)
				r.Event(titled("e"))
				time.Sleep(12 * time.Second)
				r.src.count(id, 1)
				r.Event(titled("f"))
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				err := r.Shutdown(ctx)
				assert.LessOrEqual(t, time.Since(start), time.Second+100*time.Millisecond)
				assert.ErrorContains(t, err, "ignores the end of its context")
				assert.EqualValues(t, 1, in.closed.Load())
				r.book(0)
				r.events(0)
				close(free) // so that the test leaves no goroutine
				synctest.Wait()
				r.book(0)
				r.events(0)
				tried, _ := in.times()
				after := len(tried)
				time.Sleep(time.Hour)
				tried, _ = in.times()
				assert.Len(t, tried, after, "nothing is sent when it comes free")
			})
		})
	}
}

func TestCloseComesOnceAndItsErrorIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, nil)
		in.close = func(context.Context) error { return errors.New("socket is stuck") }
		r := ticking(t, nil, in)
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() {
				assert.ErrorContains(t, r.Shutdown(t.Context()), "socket is stuck")
			})
		}
		callers.Wait()
		assert.EqualValues(t, 1, in.closed.Load())
	})
}

// Whoever is called by the flusher may submit events.
func TestAnEventMaySubmitAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		in := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if titleOf(b) == "first" {
				r.Event(titled("of Send"))
				return sendError(transport.Permanent)
			}
			return nil
		})
		r = newRig(t, func(cfg *flush.Config) {
			cfg.OnError = func(error) { r.Event(titled("of the handler")) }
		}, in)
		r.Start()
		r.Event(titled("first"))
		time.Sleep(time.Second)
		assert.Equal(t, []string{"of Send", "of the handler"}, in.taken())
		require.NoError(t, r.Shutdown(t.Context()), "what was lost before is in the books alone")
	})
}

// Two busy sides, many flushes, and Sends that fail in all ways: the intake fails
// the test if two are at once.
func TestSendsOfOneTransportNeverOverlapConcurrentSafe(t *testing.T) {
	for _, byHand := range []bool{false, true} {
		t.Run(fmt.Sprintf("manual=%v", byHand), func(t *testing.T) {
			calls := 0 // without a lock: Sends take turns
			in := newIntake(t, func(context.Context, *transport.Batch) error {
				if calls++; calls%13 == 0 {
					panic("the thirteenth")
				} else if calls%5 == 0 {
					return sendError(transport.Permanent)
				}
				return nil
			})
			r := newRig(t, func(cfg *flush.Config) { cfg.Manual = byHand }, in)
			r.Start()
			id := r.cat.add(transport.KindCount, "c")
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					for ctx.Err() == nil {
						r.src.count(id, 1)
						_ = r.Flush(ctx)
					}
				})
				all.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						r.Event(titled(fmt.Sprint("e", i)))
						if i%100 == 0 {
							_ = r.Flush(ctx)
						}
					}
				})
			}
			all.Wait()
			end, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer stop()
			_ = r.Shutdown(end) // panics are being waited for
			assert.NotZero(t, r.book(0).Delivered)
			assert.NotZero(t, r.events(0).Delivered)
			assert.EqualValues(t, 1, in.closed.Load())
		})
	}
}
