package flush

import (
	"context"
	"errors"
	"fmt"
)

// stop delivers what is pending until ctx ends and then closes the transport.
// It comes after the last enqueue. What is still pending then stays pending in
// the books for good, and the error says how much. A Send or Close that ignores
// its context is left behind on its goroutine, and named. A second call returns
// what the first one did.
func (s *sender) stop(ctx context.Context) error {
	s.mu.Lock()
	if s.stopping {
		s.unlock()
		select {
		case <-s.stopDone:
			return s.stopErr
		case <-ctx.Done():
			return fmt.Errorf("flush: transport %q: stop in progress: %w", s.cfg.Name, context.Cause(ctx))
		}
	}
	// From here on nobody else starts a pump: one that did so after ours has ended
	// would send beside Close and after it.
	s.stopping = true
	s.deadline, _ = ctx.Deadline()
	var errs []error
	for first := true; first || s.recalled; first = false {
		if s.queue.front() != nil && ctx.Err() == nil {
			s.ensurePump()
		}
		if !s.running {
			break
		}
		done, cancel := s.pumpDone, s.cancel
		s.unlock()
		s.signal()
		err := s.drain(ctx, done, cancel)
		s.mu.Lock()
		if err != nil {
			errs = append(errs, err)
			break
		}
	}
	s.over = true
	if s.accounts.books.Pending > 0 {
		cause := errNotDue
		if ctx.Err() != nil {
			cause = context.Cause(ctx)
		}
		errs = append(errs, s.undelivered(cause))
	}
	s.notify()
	s.unlock()

	if s.env.gate == nil || s.env.gate.last() {
		if err := s.close(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	s.stopErr = errors.Join(errs...)
	close(s.stopDone)
	return s.stopErr
}

// drain waits until the pump has sent all it can, and ends it with ctx.
func (s *sender) drain(ctx context.Context, done <-chan struct{}, cancel context.CancelFunc) error {
	half := s.newHalves(s.deadline)
	defer half.stop()
	for ended := false; !ended; {
		select {
		case <-done:
			return nil
		case <-half.passed():
			s.env.gate.hurry()
			half.next()
		case <-ctx.Done():
			ended = true
		}
	}
	cancel()
	if within(done, settleGrace) {
		return nil
	}
	s.mu.Lock()
	sending := s.inflight != nil
	s.unlock()
	if !sending {
		return s.abandon("the error handler or the logger")
	}
	return s.abandon("Send")
}

// close closes the transport within ctx.
func (s *sender) close(ctx context.Context) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = errors.New("its Close ended the goroutine it was called on")
		err, _ = s.guard("Close", func() error { return s.cfg.Transport.Close(ctx) })
	}()
	select {
	case <-done:
	case <-ctx.Done():
		if !within(done, settleGrace) {
			return s.abandon("Close")
		}
	}
	if err != nil {
		return fmt.Errorf("flush: transport %q: close: %w", s.cfg.Name, err)
	}
	return nil
}

// abandon gives up on code that does not return when its context has ended. It
// may be the user's log or handler that does not, so they are told beside.
func (s *sender) abandon(what string) error {
	err := fmt.Errorf("%s ignores the end of its context; its goroutine is left behind", what)
	told := make(chan struct{})
	go func() {
		defer close(told)
		s.fail(err)
	}()
	within(told, settleGrace)
	return fmt.Errorf("flush: transport %q: %w", s.cfg.Name, err)
}
