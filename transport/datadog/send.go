package datadog

import (
	"context"
	"net/http"
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// Send packs b into requests and makes one attempt with each, until one fails.
// The package's doc says in which order and what answers mean.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.closed.Load() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	a := newAttempt(b, &t.packer.enc)
	for e := range endpoints {
		if failed := t.sendTo(ctx, e, a); failed != nil {
			return a.failure(failed, e)
		}
	}
	if err := a.rest(); err != nil {
		return err
	}
	return t.sendNotices(ctx, b)
}

// sendTo sends the points of one endpoint below the limit.
func (t *Transport) sendTo(ctx context.Context, e endpoint, a *attempt) *transport.SendError {
	for a.done[e].number < a.limit {
		r := &t.routes[e]
		next, oversize := t.packer.fill(a.b, r, e, a.done[e], a.limit)
		a.sending = next.number
		if t.packer.items > 0 {
			failed, reusable := t.post(ctx, r, t.packer.finish())
			if !reusable {
				t.packer.body = nil
			}
			if failed != nil {
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

// sendNotices sends the events and then the service checks of b, all points of
// which are delivered, each in a request of its own.
func (t *Transport) sendNotices(ctx context.Context, b *transport.Batch) error {
	delivered := b.Points()
	post := func(path string, body []byte) error {
		failed, _ := t.post(ctx, &route{path: path, contentType: jsonType}, body)
		if failed == nil {
			delivered++
			return nil
		}
		failed.Delivered = delivered
		settled := []transport.Outcome{transport.Permanent, transport.Unknown, transport.TooLarge, transport.Poison}
		if delivered+1 < b.Len() && slices.Contains(settled, failed.Outcome) {
			// It says something about this one; the others were not tried.
			failed.Rejected = []transport.Rejection{{Index: delivered, Reason: failed.Err.Error()}}
			failed.Outcome = transport.Retry
		}
		return failed
	}
	for i := range b.Events {
		if err := post(eventsPath, appendEvent(nil, &b.Events[i], t.fillHost)); err != nil {
			return err
		}
	}
	for i := range b.Checks {
		if err := post(checksPath, appendCheck(nil, &b.Checks[i], t.fillHost)); err != nil {
			return err
		}
	}
	return nil
}

// Validate asks Datadog whether the API key is valid, and returns nil if it is,
// else a [*transport.SendError]: Denied for a key that is not, Retry if there was
// no answer. It makes one attempt, within ctx and Config.Timeout. It opens the
// connection that a Send soon after it uses, so it is a way to have that ready
// before the first points. It may be called at any time until Close, by any
// goroutine; after Close it fails.
func (t *Transport) Validate(ctx context.Context) error {
	if t.closed.Load() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	if failed := t.do(ctx, http.MethodGet, &route{path: validatePath}, nil); failed != nil {
		return failed
	}
	return nil
}

const validatePath = "/api/v1/validate"
