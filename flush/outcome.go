package flush

import (
	"time"

	"github.com/shardstats/shardstats/transport"
)

const (
	// resendAfter is how long a request whose answer was lost may still be on its
	// way. Until then nothing newer may be sent, or the old one could land last.
	resendAfter = 15 * time.Second

	maxPanics  = 3              // attempts on one parcel that panic, before it is dropped
	defaultAge = 24 * time.Hour // how long a batch is retried
)

// settle moves one unit of a load to its fate. The caller holds the lock.
func (s *sender) settle(l *load, u int, to fate) {
	if reason, refused := l.refused(u); refused { // one rejected part decides over the unit
		to = dropFor(reason)
		if reason == transport.ReasonUnknown {
			to = fate{column: unknown}
		}
	}
	l.track()
	if invariants && l.settled(u) {
		panic("flush: a unit was settled twice")
	}
	l.units[u] |= unitSettled
	s.accounts.transfer(pending, to, 1)
	s.remember(&l.h.units[u], to)
	s.settled(l, 1)
}

// settleAll moves every unit of p that is still open. The caller holds the lock.
func (s *sender) settleAll(p *parcel, to fate) {
	if p.untouched() { // nearly always
		s.accounts.transfer(pending, to, p.left)
		for u := range p.h.units {
			s.remember(&p.h.units[u], to)
		}
		s.settled(p.load, p.left)
		return
	}
	for u := p.lo; u < p.hi; u++ {
		if p.open(u) {
			s.settle(p.load, u, to)
		}
	}
}

// settled counts n units of l off. With the last one the reference to its
// handout goes, as soon as the lock is free.
func (s *sender) settled(l *load, n int) {
	if l.left -= n; l.left == 0 {
		s.retired = append(s.retired, l.h)
	}
}

// remember keeps Healed: a loss is noted, and a later revision makes it good.
func (s *sender) remember(k *unitKey, to fate) {
	switch {
	case to.lossy():
		s.losses.add(k)
	case to.column == delivered:
		s.accounts.books.Healed += s.losses.heal(k)
	}
}

// finish applies a verdict to the parcel in flight. attempted is false if there
// was nothing to send.
func (s *sender) finish(p *parcel, v verdict, attempted bool) {
	now := time.Now()
	s.mu.Lock()
	rest := s.record(p, &v)
	s.scratch.done()
	s.inflight = nil
	again := s.dispose(p, rest, &v, now)
	s.queue.replaceFront(again...)
	if attempted {
		s.setPace(p, rest, &v, now)
		s.expire(&v, rest, now)
		s.noteFailure(&v)
		s.hurried = s.hurried && !v.ok
	}
	s.notify()
	s.unlock()
	if v.err != nil {
		s.report.report(v.err)
	}
}

// noteFailure keeps the last failure for the books. An attempt that we cut short
// says nothing of the peer: what was known before says more.
func (s *sender) noteFailure(v *verdict) {
	last := &s.accounts.books.LastError
	switch {
	case v.err == nil:
		*last = ""
	case !v.cut || *last == "":
		*last = v.err.Error()
	}
}

// record settles the units that the verdict decides one by one and returns how
// many of p stay open.
func (s *sender) record(p *parcel, v *verdict) (rest int) {
	if v.ok {
		s.settleAll(p, fate{column: delivered})
		return 0
	}
	if v.delivered > 0 || len(v.rejected) > 0 {
		s.mark(p, v)
	}
	return p.size()
}

// mark notes single points as delivered or rejected, and settles the units that
// have no other point left.
func (s *sender) mark(p *parcel, v *verdict) {
	p.track()
	for i := range v.delivered {
		p.absent[s.scratch.origin(i)] = true
	}
	if v.delivered == s.scratch.n { // no point is left that the outcome is about, but those in doubt
		v.outcome = transport.Retry
	}
	again := s.cfg.RetryUnknown && v.outcome != transport.Permanent // else they would be dropped with the others
	u, doubtful := 0, false
	for _, r := range v.rejected {
		point := s.scratch.origin(r.point)
		if r.reason == transport.ReasonUnknown {
			doubtful = true
			if again {
				p.absent[point] = false // it stays open, also among the delivered
				continue
			}
		}
		for int(p.h.ends[u]) <= point {
			u++
		}
		p.absent[point] = true
		p.refuse(u, r.reason)
	}
	if doubtful {
		s.accounts.books.Ambiguous++
	}
	for u := p.lo; u < p.hi; u++ {
		if p.open(u) && p.through(u) {
			s.settle(p.load, u, fate{column: delivered})
		}
	}
}

// dispose decides about the rest of p by the outcome and returns the parcels
// that go on in its place.
func (s *sender) dispose(p *parcel, rest int, v *verdict, now time.Time) []*parcel {
	if rest == 0 {
		return nil
	}
	switch v.outcome {
	case transport.Retry:
		if v.panicked {
			if p.panics++; p.panics >= maxPanics {
				s.settleAll(p, dropFor(transport.ReasonPermanent))
			}
		}
	case transport.Denied: // stays as it is
	case transport.Unknown:
		s.accounts.books.Ambiguous++
		return s.doubt(p, now)
	case transport.TooLarge, transport.Poison:
		if rest > 1 {
			first, second := p.halve()
			return []*parcel{first, second}
		}
		reason := transport.ReasonTooLarge
		if v.outcome == transport.Poison {
			reason = transport.ReasonRejected
		}
		s.settleAll(p, dropFor(reason))
	default:
		s.settleAll(p, dropFor(transport.ReasonPermanent))
	}
	return []*parcel{p}
}

// doubt decides about units whose answer was lost. What overwrites is sent once
// more, when the first request is surely gone; what adds up would count twice.
// RetryUnknown accepts that, and repeats both until there is an answer.
func (s *sender) doubt(p *parcel, now time.Time) []*parcel {
	parcels := []*parcel{p}
	if s.cfg.RetryUnknown {
		parcels = p.byClass()
	}
	for _, q := range parcels {
		for u := q.lo; u < q.hi; u++ {
			switch {
			case !q.open(u) || s.cfg.RetryUnknown:
			case q.resent || !q.h.units[u].overwrite:
				s.settle(q.load, u, fate{column: unknown})
			}
		}
		if q.overwrites() {
			q.notBefore, q.resent = now.Add(resendAfter), true
		}
	}
	return parcels
}

// setPace decides when the next attempt may be made.
func (s *sender) setPace(p *parcel, rest int, v *verdict, now time.Time) {
	switch {
	case v.ok || v.delivered > 0:
		s.pace.progress()
	case rest == 0:
		s.pace.answered()
	}
	if rest == 0 {
		return
	}
	refused := v.outcome == transport.TooLarge || v.outcome == transport.Poison
	switch {
	case refused && len(p.h.units) > 1: // it is cut up: more requests
		s.pace.refused(now)
	case refused || v.outcome == transport.Permanent:
		s.pace.answered()
	default: // to be repeated
		s.pace.failed(now, v.after, v.outcome == transport.Denied)
	}
}

// expire drops what has been retried for too long. After an outage many batches
// reach that age together, so it looks at all, not at the one just tried.
func (s *sender) expire(v *verdict, rest int, now time.Time) {
	if rest == 0 {
		return
	}
	var reason transport.Reason
	switch v.outcome {
	case transport.Retry, transport.Unknown:
		reason = transport.ReasonExpired
	case transport.Denied:
		reason = transport.ReasonDenied
	default:
		return
	}
	for p := s.queue.front(); p != nil && now.Sub(p.since) >= s.env.maxAge; p = s.queue.front() {
		s.discard(p.load, reason)
	}
}

// discard drops all that is left of a load that is not in flight.
func (s *sender) discard(l *load, reason transport.Reason) {
	s.settleAll(&parcel{load: l, hi: len(l.h.units)}, dropFor(reason))
	s.queue.remove(l)
}
