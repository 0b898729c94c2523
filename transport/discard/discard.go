package discard

import (
	"context"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// Transport counts points and drops them. Its methods may be called by any
// goroutine.
type Transport struct {
	points atomic.Uint64
	closed atomic.Bool
}

// New returns a transport that has counted nothing yet.
func New() *Transport { return &Transport{} }

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{Name: "discard", Summaries: true, Members: true, Events: true, Checks: true}
}

// Send counts the points of b. It does not wait, so it does not look at ctx.
func (t *Transport) Send(_ context.Context, b *transport.Batch) error {
	if t.closed.Load() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	t.points.Add(uint64(b.Points()))
	return nil
}

// Close makes each later Send fail.
func (t *Transport) Close(context.Context) error {
	t.closed.Store(true)
	return nil
}

// Points returns how many points were sent since New.
func (t *Transport) Points() uint64 { return t.points.Load() }
