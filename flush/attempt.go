package flush

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/shardstats/shardstats/transport"
)

const (
	sendTimeout = 30 * time.Second // for one Send, unless the environment says otherwise
	sendOverdue = 5 * time.Second  // past its timeout, and a Send is reported as stuck
)

// attempt sends what is open of the front parcel, once, and settles what came
// of it. Called by the sender's goroutine, which has p in flight.
func (s *sender) attempt(ctx context.Context, p *parcel) {
	// A reference of its own: supersede may settle the last unit, and the batch
	// must not be reused while it is read here.
	p.h.retain()
	defer p.h.release()
	s.supersede(p)
	s.scratch.take(p)
	if s.scratch.n == 0 { // all of it was replaced
		s.finish(p, verdict{ok: true}, false)
		return
	}
	v := s.call(ctx, s.scratch.batch)
	s.finish(p, v, true)
}

// supersede takes out the units that a newer revision has replaced: it is in
// the queue behind them, and arriving first they would only be overwritten, and
// arriving last they would overwrite. If this sender has lost the newer one, at
// its bound for example, the older is better than nothing.
func (s *sender) supersede(p *parcel) {
	r := p.h.revisions
	if r == nil || r.empty() {
		return
	}
	s.mu.Lock()
	defer s.unlock()
	for u := p.lo; u < p.hi; u++ {
		k := &p.h.units[u]
		if !k.overwrite || !p.open(u) {
			continue
		}
		if newest := r.newest(k.series, k.unix); newest > k.rev && !s.losses.has(k, newest) {
			s.settle(p.load, u, fate{column: superseded})
		}
	}
}

// call makes one call of Send, within a timeout, and survives it. The wait for
// its turn does not shorten the timeout.
func (s *sender) call(ctx context.Context, b *transport.Batch) verdict {
	gate := s.env.gate
	if gate != nil {
		// The other Send has begun by now and is overdue at that time.
		if err := gate.enter(ctx, s.env.sendTimeout+sendOverdue, !s.env.yields); err != nil {
			v := judge(err, s.scratch.n)
			v.cut = ctx.Err() != nil
			return v
		}
		defer gate.leave()
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, s.env.sendTimeout)
	defer cancel()
	if s.env.yields && gate != nil {
		gate.mayEnd(cancel)
	}
	stuck := time.AfterFunc(s.env.sendTimeout+sendOverdue, func() {
		s.fail(fmt.Errorf("its Send has ignored the end of its context for %v; nothing is delivered until it returns", sendOverdue))
	})
	defer stuck.Stop()
	err, panicked := s.guard("Send", func() error { return s.cfg.Transport.Send(ctx, b) })
	if panicked {
		return panicVerdict(err)
	}
	v := judge(err, s.scratch.n)
	// A simple transport returns the bare error of the context that we ended.
	// Read by the contract it would be permanent, but all that is known is that
	// it was told to stop.
	if !v.ok && ctx.Err() != nil && bare(err) && errors.Is(err, ctx.Err()) {
		v.outcome = transport.Unknown
	}
	v.cut = !v.ok && whole.Err() != nil && errors.Is(err, whole.Err())
	return v
}

// bare reports whether err says nothing about the batch.
func bare(err error) bool {
	_, ok := errors.AsType[*transport.SendError](err)
	return !ok
}

// guard calls a method of the transport and turns a panic into an error. The
// stack is logged the first time.
func (s *sender) guard(method string, f func() error) (err error, panicked bool) {
	defer func() {
		if r := recover(); r != nil {
			err, panicked = fmt.Errorf("%s panicked: %v", method, r), true
			s.logStack.Do(func() { s.report.stack(err, debug.Stack()) })
		}
	}()
	return f(), false
}
