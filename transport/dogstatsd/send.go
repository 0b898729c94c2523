package dogstatsd

import (
	"context"
	"errors"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// attempt is the state of one Send. Items are the points, events and checks of the
// batch, by their number.
type attempt struct {
	ctx      context.Context
	rejected []transport.Rejection

	encoded int      // leading items of which all lines are in datagrams, or rejected
	parts   progress // of the item after them

	written  position // in datagrams that were written
	read     position // and read by the receiver, as far as can be told
	anything bool     // a datagram was written

	// floor is where an earlier attempt got to, if resuming.
	floor    position
	resuming bool
}

// position is a place between two parts of items.
type position struct{ items, parts int }

// resume remembers a point that was sent in part when an attempt failed, so that
// the next attempt at it sends the rest: its values would else count twice.
type resume struct {
	batch transport.BatchID
	point uint64 // its identity
	rev   uint32
	parts int // 0 if there is nothing to resume
}

// Send packs b into datagrams and makes one attempt with each, until one fails. The
// package's doc says what it then reports.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	switch {
	case t.closed.Load():
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	case t.disabled || b.Len() == 0:
		return nil
	case ctx.Err() != nil:
		return &transport.SendError{Outcome: transport.Retry, Err: ctx.Err()}
	}
	turn := t.peer.next()
	defer t.peer.next()
	defer context.AfterFunc(ctx, func() { t.peer.interrupt(turn) })()
	t.attempt = attempt{ctx: ctx, rejected: t.attempt.rejected[:0]}
	defer func() { t.attempt.ctx = nil }()

	err := t.encode(b)
	if err == nil {
		err = t.encoder.out.Flush()
	}
	if err == nil && t.attempt.anything {
		if failed := t.peer.awaitRead(ctx); failed != nil {
			err = failed
		} else {
			t.attempt.read = t.attempt.written
		}
	}
	t.encoder.out.Discard() // what an error left
	return t.report(b, err)
}

// encode writes all items, until a write fails.
func (t *Transport) encode(b *transport.Batch) error {
	for i := range b.Series {
		s := &b.Series[i]
		if len(s.Points) == 0 {
			continue
		}
		t.encoder.begin(s)
		if done, err := t.encoder.packed(s); err != nil {
			return err
		} else if done {
			t.done(len(s.Points))
			continue
		}
		for j := range s.Points {
			p := &s.Points[j]
			t.attempt.parts.from = t.resumed(b, s, p)
			t.attempt.parts.done = t.attempt.parts.from
			if err := t.settle(t.encoder.point(s, p, &t.attempt.parts)); err != nil {
				return err
			}
		}
	}
	for i := range b.Events {
		if err := t.settle(t.encoder.event(&b.Events[i])); err != nil {
			return err
		}
	}
	for i := range b.Checks {
		if err := t.settle(t.encoder.check(&b.Checks[i])); err != nil {
			return err
		}
	}
	return nil
}

// settle takes what encoding an item led to. It returns the error of a write.
func (t *Transport) settle(err error) error {
	if unfit, ok := err.(errUnfit); ok {
		t.attempt.rejected = append(t.attempt.rejected,
			transport.Rejection{Index: t.attempt.encoded, Reason: string(unfit)})
	} else if err != nil {
		return err
	}
	t.done(1)
	return nil
}

func (t *Transport) done(items int) {
	t.attempt.encoded += items
	t.attempt.parts = progress{}
}

// write sends one datagram of the encoder.
func (t *Transport) write(datagram []byte) error {
	a := &t.attempt
	if failed := t.peer.write(a.ctx, datagram, !a.anything); failed != nil {
		return failed
	}
	a.anything = true
	a.written = position{items: a.encoded, parts: a.parts.done}
	read, failed := t.peer.allRead()
	if failed != nil {
		return failed
	}
	if read {
		a.read = a.written
	}
	return nil
}

// resumed returns how many parts of p an earlier attempt sent.
func (t *Transport) resumed(b *transport.Batch, s *transport.Series, p *transport.Point) int {
	r := &t.resume
	if r.parts == 0 || r.batch.Process != b.ID.Process || r.batch.Seq != b.ID.Seq || r.rev != p.Rev ||
		r.point != summary.Hash(s, p.Unix) {
		return 0
	}
	t.attempt.floor, t.attempt.resuming = position{t.attempt.encoded, r.parts}, true
	return r.parts
}

var errRejected = errors.New("dogstatsd: some points cannot be sent")

// report returns the error of Send for what became of the items of b.
func (t *Transport) report(b *transport.Batch, err error) error {
	a := &t.attempt
	rejected := append([]transport.Rejection(nil), a.rejected...) // it crosses to the caller
	if err == nil {
		t.settled(b, position{items: b.Len()}, true)
		if len(rejected) == 0 {
			return nil
		}
		return &transport.SendError{Outcome: transport.Permanent, Delivered: b.Len(), Rejected: rejected, Err: errRejected}
	}
	se := &transport.SendError{Outcome: transport.Permanent, Rejected: rejected, Err: err}
	failed, ok := errors.AsType[*fault](err)
	if !ok {
		return se
	}
	se.Outcome = failed.outcome
	reached := a.written
	final := se.Outcome != transport.Retry && se.Outcome != transport.TooLarge
	if failed.cut && a.read != a.written {
		// What the receiver had not read went with the connection, or did not.
		reached, final = a.read, true
		t.doubt(b, se)
	}
	se.Delivered = reached.items
	t.settled(b, reached, final)
	return se
}

// doubt says of the items that were written and not read that they are unknown. If
// others were not tried, these are Retry, and the doubtful are named one by one, but for
// those that may be sent twice.
func (t *Transport) doubt(b *transport.Batch, se *transport.SendError) {
	a := &t.attempt
	end := a.written.items
	if a.written.parts > 0 {
		end++
	}
	if !rejection.Others(se.Rejected, end, b.Len()) {
		se.Outcome = transport.Unknown
		return
	}
	se.Outcome = transport.Retry
	se.Rejected = rejection.Name(se.Rejected, b, a.read.items, end, transport.ReasonUnknown,
		func(k transport.Kind) bool { return t.Temporality(k) != transport.Overwrite })
}

// settled notes where the attempt got to. final says that there will be no other.
func (t *Transport) settled(b *transport.Batch, reached position, final bool) {
	a := &t.attempt
	if a.resuming {
		if final || reached.items > a.floor.items {
			t.resume.parts = 0
		} else if reached.items == a.floor.items {
			reached.parts = max(reached.parts, a.floor.parts)
		}
	}
	if final || reached.parts == 0 {
		return
	}
	number := reached.items
	for i := range b.Series {
		s := &b.Series[i]
		if number < len(s.Points) {
			p := &s.Points[number]
			t.resume = resume{batch: b.ID, point: summary.Hash(s, p.Unix), rev: p.Rev, parts: reached.parts}
			return
		}
		number -= len(s.Points)
	}
}
