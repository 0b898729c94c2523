package flush

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// gate lets the two senders of one transport, for points and for events, take
// turns at Send: the contract says one goroutine at a time. Close goes through
// when both have called it.
type gate struct {
	transport.Transport
	turn    chan struct{} // capacity 1; full while a Send is under way
	senders atomic.Int32  // that have not called Close
}

func newGate(t transport.Transport) *gate {
	g := &gate{Transport: t, turn: make(chan struct{}, 1)}
	g.senders.Store(2)
	return g
}

// Send implements [transport.Transport]. It waits for its turn no longer than ctx
// allows; then nothing was sent.
func (g *gate) Send(ctx context.Context, b *transport.Batch) error {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return &transport.SendError{Outcome: transport.Retry, Err: fmt.Errorf("another Send of the transport has not returned: %w", context.Cause(ctx))}
	}
	defer func() { <-g.turn }()
	return g.Transport.Send(ctx, b)
}

// Close implements [transport.Transport].
func (g *gate) Close(ctx context.Context) error {
	if g.senders.Add(-1) > 0 {
		return nil
	}
	return g.Transport.Close(ctx)
}
