package flush_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// The headline for events: whatever a backend does, and whenever Shutdown comes,
// each one that was submitted is in one column of the books or was refused, at
// any instant; and what the books call delivered is what arrived.
func TestEachEventIsAccountedForOnceConcurrentSafe(t *testing.T) {
	faults := []error{
		nil, nil, nil, nil,
		sendError(transport.Permanent), nil,
		sendError(transport.Poison), nil,
		sendError(transport.Unknown), nil,
		&transport.SendError{Outcome: transport.Retry, Rejected: []transport.Rejection{{Index: 0}}}, nil,
	}
	for _, c := range []struct {
		submitters, flushers int
		byHand, dropNewest   bool
	}{
		{1, 0, false, false},
		{8, 0, false, false},
		{8, 2, false, true},
		{4, 2, true, false},
	} {
		t.Run(fmt.Sprintf("submitters=%d/flushers=%d/manual=%v", c.submitters, c.flushers, c.byHand), func(t *testing.T) {
			for range 2 {
				calls := 0 // Sends take turns
				faulty := newIntake(t, func(context.Context, *transport.Batch) error {
					calls++
					return faults[calls%len(faults)]
				})
				sound, deaf := newIntake(t, nil), memory.New(memory.WithoutEvents())
				r := newRig(t, func(cfg *flush.Config) {
					cfg.Manual = c.byHand
					for i := range cfg.Transports {
						cfg.Transports[i].QueueEvents, cfg.Transports[i].DropNewest = 20, c.dropNewest
					}
				}, faulty, sound, deaf)
				r.Start()
				id := r.cat.add(transport.KindCount, "c")

				const each = 300
				var accepted, refused atomic.Uint64
				var submitters, others sync.WaitGroup
				var over atomic.Bool
				under := make(chan struct{}, c.submitters)
				for w := range c.submitters {
					submitters.Go(func() {
						for i := range each {
							submit := func() bool { return r.Event(titled(fmt.Sprint(w, "-", i))) }
							if i%2 == 1 {
								submit = func() bool { return r.Check(named(fmt.Sprint(w, "-", i))) }
							}
							if submit() {
								accepted.Add(1)
							} else {
								refused.Add(1)
							}
							if i == each/3 {
								under <- struct{}{}
							}
						}
					})
				}
				for range c.flushers {
					others.Go(func() {
						for !over.Load() {
							r.src.count(id, 1)
							ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
							_ = r.Flush(ctx) // ErrClosed, in the end
							cancel()
						}
					})
				}
				others.Go(func() { // a reader
					for !over.Load() {
						for _, b := range r.EventBooks() {
							assert.True(t, b.Balanced(), "%+v", b)
						}
						runtime.Gosched()
					}
				})
				<-under
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				_ = r.Shutdown(ctx) // it tells of what was lost
				require.NoError(t, ctx.Err(), "Shutdown hung")
				cancel()
				submitters.Wait()
				over.Store(true)
				others.Wait()

				assert.EqualValues(t, c.submitters*each, accepted.Load()+refused.Load())
				for i := range 3 {
					b := r.events(i)
					assert.Equal(t, accepted.Load(), b.RolledUp)
					assert.Zero(t, b.Pending, "nothing of what was given makes it stay")
				}
				assert.Equal(t, accepted.Load(), r.events(2).Dropped[transport.ReasonUnsupported])
				for i, in := range []*intake{faulty, sound} {
					titles := in.taken()
					assert.EqualValues(t, r.events(i).Delivered, len(titles))
					slices.Sort(titles)
					assert.Len(t, slices.Compact(titles), int(r.events(i).Delivered), "one arrived twice")
				}
			}
		})
	}
}

// An event on its way to a slow transport stays what it was, whatever faster ones
// are through with.
func TestAnEventIsWholeUntilTheLastTransportHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last transport.Event
		fast := newIntake(t, nil)
		failures := 4
		slow := newIntake(t, func(_ context.Context, b *transport.Batch) error {
			if failures--; failures >= 0 {
				return sendError(transport.Retry)
			}
			last = b.Events[0]
			return nil
		})
		dead := newIntake(t, func(context.Context, *transport.Batch) error { return sendError(transport.Permanent) })
		r := ticking(t, nil, fast, slow, dead)
		e := transport.Event{Title: "title", Text: "text", Tags: []string{"a:b", "c"}, Host: "h", Time: begin}
		r.Event(e)
		require.NoError(t, r.Flush(t.Context()))
		assert.Equal(t, e, last)
	})
}

// Events at the very moment of Shutdown: whoever was told that an event is taken
// finds it in the books, and a Flush beside both ends. In a bubble a hang is a
// deadlock that the runtime finds.
func TestEventsFlushesAndShutdownsAtOnceConcurrentSafe(t *testing.T) {
	for _, byHand := range []bool{false, true} {
		for round := range 30 {
			synctest.Test(t, func(t *testing.T) {
				in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
					select {
					case <-time.After(time.Duration(round) * time.Millisecond):
						return nil
					case <-ctx.Done():
						return sendError(transport.Retry)
					}
				})
				r := newRig(t, func(cfg *flush.Config) { cfg.Manual = byHand }, in)
				r.Start()
				id := r.cat.add(transport.KindCount, "c")
				var accepted atomic.Uint64
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						for range 10 {
							if r.Event(titled("e")) {
								accepted.Add(1)
							}
							time.Sleep(3 * time.Millisecond)
						}
					})
					all.Go(func() {
						r.src.count(id, 1)
						ctx, cancel := context.WithTimeout(t.Context(), 25*time.Millisecond)
						defer cancel()
						_ = r.Flush(ctx)
					})
					all.Go(func() {
						time.Sleep(10 * time.Millisecond)
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(round*5)*time.Millisecond)
						defer cancel()
						_ = r.Shutdown(ctx)
					})
				}
				all.Wait()
				synctest.Wait()
				b := r.events(0)
				assert.Equal(t, accepted.Load(), b.RolledUp)
				assert.EqualValues(t, len(in.taken()), b.Delivered)
				assert.EqualValues(t, 1, in.closed.Load())
				r.book(0)
			})
		}
	}
}
