package flush

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settleGrace is how long a cancelled Send or Close has to return before it
// counts as abandoned.
const settleGrace = 25 * time.Millisecond

// ensurePump starts the goroutine if none is running. The caller holds the lock.
func (s *sender) ensurePump() {
	if s.running || s.over {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.running, s.recalled, s.cancel, s.pumpDone = true, false, cancel, make(chan struct{})
	go s.pump(ctx, s.pumpDone)
}

// pump sends the front parcel whenever it is due, until there is nothing more to
// do. It alone calls Send, and owns the parcel in flight, the pace and the
// scratch memory.
func (s *sender) pump(ctx context.Context, done chan struct{}) {
	left := false
	defer func() {
		if left {
			close(done)
			return
		}
		// Send has ended the goroutine (runtime.Goexit, as t.FailNow does). The
		// sender outlives that like a panic.
		if s.inflight != nil {
			s.finish(s.inflight, panicVerdict(errors.New("its Send ended the goroutine it was called on")), true)
		}
		go s.pump(ctx, done)
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		p, wait, more := s.next(ctx)
		s.reportOverflow()
		if !more {
			left = true
			return
		}
		if p != nil {
			s.attempt(ctx, p)
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-due:
		case <-s.wake:
		case <-ctx.Done():
		}
	}
}

// next decides what the pump does: sends p, which is then in flight; or waits,
// for ever if wait is 0; or ends, if more is false.
func (s *sender) next(ctx context.Context) (p *parcel, wait time.Duration, more bool) {
	s.mu.Lock()
	defer s.unlock()
	p, wait, more = s.plan(ctx, time.Now())
	s.inflight = p
	if !more {
		s.running = false
		s.cancel()
		s.notify() // a waiter that came meanwhile starts the next pump
	}
	return p, wait, more
}

// reportOverflow reports what was dropped at the queue's bound since it was
// last called. enqueue leaves that to the pump, because a report may block.
func (s *sender) reportOverflow() {
	s.mu.Lock()
	n := s.overflow
	s.overflow = 0
	s.unlock()
	if n > 0 {
		s.report.report(fmt.Errorf("%d %s were dropped, the queue of %d batches and %d bytes is full: give it more room or the backend less to do", n, s.env.items, s.cfg.QueueBatches, s.cfg.QueueBytes))
	}
}

// plan is next without its effects. The caller holds the lock.
func (s *sender) plan(ctx context.Context, now time.Time) (p *parcel, wait time.Duration, more bool) {
	front := s.queue.front()
	switch {
	case ctx.Err() != nil:
		return nil, 0, false
	case front == nil:
		return nil, 0, !s.stopping && !s.env.manual
	case s.env.manual && s.waiters == 0 && !s.stopping:
		return nil, 0, false
	}
	due := s.due()
	if !due.After(now) {
		return front, 0, true
	}
	if s.stopping && !s.deadline.IsZero() && !due.Before(s.deadline) {
		// The attempt would come too late. One out of turn may still save the
		// data, unless the peer asked for the wait.
		if s.hurried || s.pace.asked {
			return nil, 0, false
		}
		s.hurried = true
		return front, 0, true
	}
	return nil, due.Sub(now), true
}

// within waits for done, but not longer than d, and reports whether it came.
func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
