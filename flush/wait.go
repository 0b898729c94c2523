package flush

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errStopped is the cause when a wait ends because the sender has been stopped.
var errStopped = errors.New("the transport has been stopped")

// errNotDue is the cause when a wait ends because no attempt fits into it.
var errNotDue = fmt.Errorf("no attempt is due before the end: %w", context.DeadlineExceeded)

// tooEarly reports whether nothing can be settled before ctx ends: no Send is under
// way, and the next one is due later. The caller holds the lock.
func (s *sender) tooEarly(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && s.inflight == nil && !s.stopping && s.due().After(deadline)
}

// due returns when the front parcel may be sent. There is one, and the caller holds
// the lock.
func (s *sender) due() time.Time {
	if front := s.queue.front(); front.notBefore.After(s.pace.due) {
		return front.notBefore
	}
	return s.pace.due
}

// wait returns when everything enqueued before the call is settled, or with an
// error at the end of ctx, or before that if no attempt fits into it.
func (s *sender) wait(ctx context.Context) error {
	s.mu.Lock()
	defer s.unlock()
	target := s.seq
	s.waiters++
	defer func() { s.waiters-- }()
	var half halves
	if deadline, _ := ctx.Deadline(); s.env.manual { // else there is time after it
		half = s.newHalves(deadline)
		defer half.stop()
	}
	for !s.queue.passed(target) {
		if s.over {
			return s.undelivered(errStopped)
		}
		if ctx.Err() != nil {
			s.leave(true)
			if s.queue.passed(target) {
				return nil
			}
			return s.undelivered(context.Cause(ctx))
		}
		if s.tooEarly(ctx) {
			s.leave(true)
			return s.undelivered(errNotDue)
		}
		if !s.stopping {
			s.ensurePump()
		}
		changed := s.changed
		s.unlock()
		select {
		case <-changed:
		case <-half.passed():
			s.env.gate.hurry()
			half.next()
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	s.leave(false)
	return nil
}

// leave lets the pump of manual mode end before the last waiter goes. With
// cancel it also ends a Send in flight, and gives one that heeds its context the
// time to say what it did. The caller holds the lock.
func (s *sender) leave(cancel bool) {
	if !s.env.manual || s.waiters > 1 || s.stopping || !s.running {
		return
	}
	if cancel {
		s.recalled = true
		s.cancel()
	} else if s.queue.front() != nil { // of a caller that has not come to wait yet
		return
	}
	done := s.pumpDone
	s.unlock()
	within(done, settleGrace)
	s.mu.Lock()
}

// undelivered is the error of a wait or stop that ends with units pending. The
// caller holds the lock.
func (s *sender) undelivered(cause error) error {
	return fmt.Errorf("flush: transport %q: %d %s are still pending: %w", s.cfg.Name, s.accounts.books.Pending, s.env.items, cause)
}
