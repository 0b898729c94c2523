package otlp

import (
	"context"
	"errors"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
)

// Send packs b into requests and makes one attempt with each, until one fails.
// The package's doc says what answers mean.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.client.Closed() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	p := t.packer
	defer p.release()
	points := b.Points()
	for at := (cursor{}); at.number < points; {
		next := p.fill(b, at)
		if p.points > 0 {
			taken, failed := t.post(ctx)
			if failed != nil {
				return t.failure(failed, b, at, next)
			}
			p.reject(at.number, next.number, taken)
		}
		at = next
	}
	for i := points; i < b.Len(); i++ {
		p.rejected = append(p.rejected, transport.Rejection{Index: i, Reason: string(transport.ReasonUnsupported)})
	}
	if len(p.rejected) == 0 {
		return nil
	}
	return p.result(&transport.SendError{Outcome: transport.Permanent, Delivered: b.Len(), Err: errRejected})
}

var errRejected = errors.New("otlp: some points were refused")

// reject rejects the last points of those numbered from to to, by what the peer said
// about a request that it took.
func (p *packer) reject(from, to int, taken verdict) {
	own := p.rejected
	for n := to - 1; n >= from && taken.rejected > 0; n-- {
		if len(own) > 0 && own[len(own)-1].Index == n {
			own = own[:len(own)-1] // it was not sent
			continue
		}
		p.rejected = append(p.rejected, transport.Rejection{Index: n, Reason: taken.why})
		taken.rejected--
	}
	rejection.Sort(p.rejected)
}

// failure returns the result of a Send of which the request with the points from at to
// next failed.
//
// A SendError has one outcome for all points that are neither delivered nor
// rejected, and those behind next were not tried. Where the outcome would lose them,
// points of the failed request are reported one by one instead, and all others as
// Retry. After a lost answer those are the ones that would count twice: a gauge may
// come again.
func (t *Transport) failure(failed *transport.SendError, b *transport.Batch, at, next cursor) error {
	failed.Delivered = at.number
	if next.number == b.Len() {
		return t.packer.result(failed)
	}
	switch failed.Outcome {
	case transport.Permanent:
		t.packer.rejected = rejection.Name(t.packer.rejected, b, at.number, next.number, transport.ReasonPermanent, nil)
		failed.Outcome = transport.Retry
	case transport.Unknown:
		t.packer.rejected = rejection.Name(t.packer.rejected, b, at.number, next.number, transport.ReasonUnknown,
			func(k transport.Kind) bool { return t.Temporality(k) == transport.Additive })
		failed.Outcome = transport.Retry
	}
	return t.packer.result(failed)
}

// result adds to e what was rejected.
func (p *packer) result(e *transport.SendError) error {
	e.Rejected, p.rejected = p.rejected, nil
	return e
}
