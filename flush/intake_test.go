package flush_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

// intake is a backend that takes points, events and checks. It fails the test if
// it is called against the contract: by two at once, or after Close.
type intake struct {
	t     *testing.T
	begin time.Time
	// answers decides about each batch, and close about Close; nil takes all.
	answers func(ctx context.Context, b *transport.Batch) error
	close   func(ctx context.Context) error
	limited bool // takes events, but no checks
	// overlaps lets Close come while a Send is under way, as it does after a Send
	// that is left behind.
	overlaps bool

	sending atomic.Int32
	closed  atomic.Int32

	mu       sync.Mutex
	titles   []string        // of events and checks that were taken
	tried    []time.Duration // since begin: Sends of an event or a check
	points   []time.Duration // Sends of points that were taken
	received []transport.Batch
}

func newIntake(t *testing.T, answers func(ctx context.Context, b *transport.Batch) error) *intake {
	return &intake{t: t, begin: time.Now(), answers: answers}
}

// Describe implements [transport.Describer].
func (in *intake) Describe() transport.Description {
	return transport.Description{Name: "intake", Events: true, Checks: !in.limited}
}

// Send implements [transport.Transport].
func (in *intake) Send(ctx context.Context, b *transport.Batch) error {
	if in.sending.Add(1) > 1 {
		in.t.Error("two Sends at once")
	}
	defer in.sending.Add(-1)
	if in.closed.Load() > 0 {
		in.t.Error("a Send after Close")
	}
	if items := len(b.Events) + len(b.Checks); items > 1 || items == 1 && b.Points() > 0 {
		in.t.Errorf("a batch of %d points and %d events", b.Points(), items)
	}
	name := titleOf(b)
	if name != "" {
		in.mu.Lock()
		in.tried = append(in.tried, time.Since(in.begin))
		in.mu.Unlock()
	}
	if in.answers != nil {
		if err := in.answers(ctx, b); err != nil {
			return err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if name != "" {
		in.titles = append(in.titles, name)
		in.received = append(in.received, transport.Batch{ID: b.ID, Events: append([]transport.Event(nil), b.Events...)})
	} else {
		in.points = append(in.points, time.Since(in.begin))
	}
	return nil
}

// Close implements [transport.Transport].
func (in *intake) Close(ctx context.Context) error {
	if in.closed.Add(1) > 1 {
		in.t.Error("Close came twice")
	}
	if in.sending.Load() > 0 && !in.overlaps {
		in.t.Error("Close came during a Send")
	}
	if in.close == nil {
		return nil
	}
	return in.close(ctx)
}

// titleOf names the event or check of a batch; "" for points.
func titleOf(b *transport.Batch) string {
	switch {
	case len(b.Events) > 0:
		return b.Events[0].Title
	case len(b.Checks) > 0:
		return b.Checks[0].Name
	}
	return ""
}

// taken returns the events and checks that arrived, in order.
func (in *intake) taken() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]string(nil), in.titles...)
}

// times returns when Sends of events were tried, and when points arrived.
func (in *intake) times() (tried, points []time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]time.Duration(nil), in.tried...), append([]time.Duration(nil), in.points...)
}

func sendError(o transport.Outcome) error { return &transport.SendError{Outcome: o} }

// hole never answers: it obeys its ctx, and the fate of the request is unknown.
func hole(ctx context.Context) error {
	<-ctx.Done()
	return sendError(transport.Unknown)
}

func titled(title string) transport.Event      { return transport.Event{Title: title} }
func named(name string) transport.ServiceCheck { return transport.ServiceCheck{Name: name} }
func dropped(r transport.Reason) map[transport.Reason]uint64 {
	return map[transport.Reason]uint64{r: 1}
}

// events returns the books of the events of transport i, which must balance.
func (r *rig) events(i int) flush.Books {
	r.t.Helper()
	b := r.EventBooks()[i]
	assert.True(r.t, b.Balanced(), "%+v", b)
	return b
}
