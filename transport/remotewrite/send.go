package remotewrite

import (
	"context"
	"errors"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
)

// Send packs b into requests and makes one attempt with each, until one fails. The
// package's doc says what answers mean. A request is sent twice if the peer turns out
// not to speak 2.0.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.client.Closed() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	p := t.packer
	p.rejected = nil // the last Send gave them away
	defer p.release()
	points := b.Points()
	for at := (cursor{}); at.number < points; {
		own := len(p.rejected)
		next := p.fill(b, at, &t.times)
		if len(p.units) > 0 {
			taken, failed := t.post(ctx)
			if failed != nil {
				return t.failure(failed, b, at, next)
			}
			if taken.older {
				p.version, p.rejected = V1, p.rejected[:own]
				continue // with the same points, which it has not stored
			}
			t.acknowledge(taken)
		}
		at = next
	}
	for i := points; i < b.Len(); i++ {
		p.reject(i, string(transport.ReasonUnsupported))
	}
	if len(p.rejected) == 0 {
		return nil
	}
	return p.result(&transport.SendError{Outcome: transport.Permanent, Delivered: b.Len(), Err: errRejected})
}

var errRejected = errors.New("remotewrite: some points were refused")

// acknowledge remembers the times of what the peer wrote, and rejects the last points of
// a request of which it did not write all.
func (t *Transport) acknowledge(taken verdict) {
	p := t.packer
	for i := len(p.units) - 1; i >= 0; i-- {
		u := &p.units[i]
		if taken.samples > 0 && u.samples > 0 || taken.histograms > 0 && u.histograms > 0 {
			taken.samples -= u.samples
			taken.histograms -= u.histograms
			p.reject(u.number, taken.why)
			continue
		}
		t.times.set(u.key, u.past)
	}
	rejection.Sort(p.rejected)
}

// failure returns the result of a Send of which the request with the points from at to
// next failed. Those behind next were not tried: where the failure is final, the points
// of the request alone are rejected and all others are Retry. A repetition does no
// harm, so after a lost answer they are Retry, too.
func (t *Transport) failure(failed *transport.SendError, b *transport.Batch, at, next cursor) error {
	p := t.packer
	failed.Delivered = at.number
	if next.number == b.Len() {
		return p.result(failed)
	}
	switch failed.Outcome {
	case transport.Permanent:
		p.rejected = rejection.Name(p.rejected, b, at.number, next.number, transport.ReasonPermanent, nil)
		failed.Outcome = transport.Retry
	case transport.Unknown:
		failed.Outcome = transport.Retry
	}
	return p.result(failed)
}

// result adds to e what was rejected.
func (p *packer) result(e *transport.SendError) error {
	rejection.Sort(p.rejected)
	e.Rejected, p.rejected = p.rejected, nil
	return e
}
