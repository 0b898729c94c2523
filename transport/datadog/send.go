package datadog

import (
	"context"
	"net/http"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// Send packs b into requests and makes one attempt with each, until one fails.
// The package's doc says in which order and what answers mean.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.client.Closed() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	a := newAttempt(b, &t.packer.enc)
	for e := range endpoints {
		if !a.has[e] {
			continue
		}
		if failed := t.sendTo(ctx, e, a); failed != nil {
			return a.failure(failed, e)
		}
	}
	if failed := t.sendNotices(ctx, b); failed != nil {
		delivered := failed.Delivered
		failed = a.result(failed)
		failed.Delivered = delivered
		return failed
	}
	return a.success()
}

// sendTo sends the points of one endpoint.
func (t *Transport) sendTo(ctx context.Context, e endpoint, a *attempt) *transport.SendError {
	for a.done[e].number < a.points {
		r := &t.routes[e]
		next, oversize := t.packer.fill(a.b, r, e, a.done[e], a.skip)
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
			a.reject(next.number, string(transport.ReasonTooLarge))
		}
	}
	return nil
}

// sendNotices sends the events and then the service checks of b, the points of
// which are settled, each in a request of its own.
func (t *Transport) sendNotices(ctx context.Context, b *transport.Batch) *transport.SendError {
	delivered := b.Points()
	post := func(path string, body []byte) *transport.SendError {
		failed, _ := t.post(ctx, &route{path: path, contentType: jsonType}, body)
		if failed == nil {
			delivered++
			return nil
		}
		failed.Delivered = delivered
		why, settled := settledNotices[failed.Outcome]
		if delivered+1 < b.Len() && settled {
			// It says something about this one; the others were not tried.
			failed.Rejected = []transport.Rejection{{Index: delivered, Reason: string(why)}}
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

// settledNotices are the outcomes that say what became of one event or check, and what
// that is called.
var settledNotices = map[transport.Outcome]transport.Reason{
	transport.Permanent: transport.ReasonPermanent,
	transport.Unknown:   transport.ReasonUnknown,
	transport.TooLarge:  transport.ReasonTooLarge,
	transport.Poison:    transport.ReasonRejected,
}

// Validate asks Datadog whether the API key is valid, and returns nil if it is,
// else a [*transport.SendError]: Denied for a key that is not, Retry if there was
// no answer. It makes one attempt, within ctx and Config.Timeout. It opens the
// connection that a Send soon after it uses, so it is a way to have that ready
// before the first points. It may be called at any time until Close, by any
// goroutine; after Close it fails.
func (t *Transport) Validate(ctx context.Context) error {
	if t.client.Closed() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	req := &post.Request{Method: http.MethodGet, URL: t.base + validatePath, What: validatePath}
	if failed := t.exchange(ctx, req, &route{path: validatePath}); failed != nil {
		return failed
	}
	return nil
}

const validatePath = "/api/v1/validate"
