package statsd

import (
	"context"
	"errors"
	"syscall"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
)

// Send implements [transport.Transport]. It makes a connection if there is none. A
// point whose lines were written and not confirmed is Unknown (see [Confirm]); one
// that did not leave is Retry.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if err := t.begin(); err != nil {
		return &transport.SendError{Outcome: transport.Permanent, Err: err}
	}
	if t.wire == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.life, cancel)() // Close ends a Send that runs beside it

	a := attempt{t: t, b: b}
	e := &t.encoder
	e.chunk.reset()
	number := 0
	for i := range b.Series {
		s := &b.Series[i]
		e.series(s)
		for j := range s.Points {
			if why := e.point(s, &s.Points[j], number); why != "" {
				a.reject(number, why)
			}
			number++
			if len(e.chunk.buf) >= chunkBytes && !a.deliver(ctx, number) {
				return a.result()
			}
		}
	}
	if a.deliver(ctx, number) {
		for ; number < b.Len(); number++ { // there is no such line
			a.reject(number, string(transport.ReasonUnsupported))
		}
		a.delivered = b.Len()
	}
	return a.result()
}

// attempt is the state of one Send.
type attempt struct {
	t         *Transport
	b         *transport.Batch
	delivered int // items before it arrived, but for those rejected
	doubtful  int // and those from there to it may have
	rejected  []transport.Rejection
	err       error
}

func (a *attempt) reject(number int, why string) {
	a.rejected = append(a.rejected, transport.Rejection{Index: number, Reason: why})
}

// deliver sends the chunk, which ends before the point of this number, and reports
// whether it arrived.
func (a *attempt) deliver(ctx context.Context, number int) bool {
	c := &a.t.encoder.chunk
	if len(c.units) == 0 {
		a.delivered = number
		return true
	}
	sure, doubtful, err := a.t.wire.deliver(ctx, c, false)
	if err == nil {
		a.delivered = number
		c.reset()
		return true
	}
	a.err = a.t.wrap(err)
	a.delivered = c.units[sure].point
	a.doubtful = a.delivered
	if doubtful > sure {
		a.doubtful = c.units[doubtful-1].point + 1
	} else if sure > 0 && c.units[sure-1].point == a.delivered { // a part of it arrived
		a.doubtful = a.delivered + 1
	}
	return false
}

var errRejected = errors.New("statsd: some points cannot be sent")

// result returns what Send returns.
func (a *attempt) result() error {
	if a.err == nil && len(a.rejected) == 0 {
		return nil
	}
	failed := &transport.SendError{Delivered: a.delivered, Rejected: a.rejected, Err: a.err}
	switch {
	case a.err == nil:
		failed.Outcome, failed.Err = transport.Permanent, errRejected
	case a.doubtful == a.delivered && errors.Is(a.err, syscall.EMSGSIZE): // a network with small frames
		failed.Outcome = transport.TooLarge
	case a.doubtful == a.delivered:
		failed.Outcome = transport.Retry
	default:
		a.settleDoubt(failed)
	}
	return failed
}

// settleDoubt reports the doubtful points, of which there are some. If others were
// not tried, these are Retry, and the doubtful are named one by one.
func (a *attempt) settleDoubt(failed *transport.SendError) {
	if !rejection.Others(a.rejected, a.doubtful, a.b.Len()) {
		failed.Outcome = transport.Unknown
		return
	}
	failed.Outcome = transport.Retry
	failed.Rejected = rejection.Name(a.rejected, a.b, a.delivered, a.doubtful, transport.ReasonUnknown, nil)
}
