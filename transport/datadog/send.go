package datadog

import (
	"context"

	"github.com/shardstats/shardstats/transport"
)

// Send packs b into requests and makes one attempt with each, until one fails.
// The package's doc says in which order and what answers mean.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.closed.Load() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	a := newAttempt(b)
	for e := range endpoints {
		if failed := t.sendTo(ctx, e, a); failed != nil {
			return a.failure(failed, e)
		}
	}
	return a.rest()
}

// sendTo sends the points of one endpoint below the limit.
func (t *Transport) sendTo(ctx context.Context, e endpoint, a *attempt) *transport.SendError {
	for a.done[e].number < a.limit {
		next, oversize := t.packer.fill(a.b, e, a.done[e], a.limit)
		a.sending = next.number
		if t.packer.items > 0 {
			if failed := t.post(ctx, paths[e], t.packer); failed != nil {
				return failed
			}
		}
		a.done[e] = next
		if oversize {
			a.reject(next.number, tooLarge)
		}
	}
	return nil
}
