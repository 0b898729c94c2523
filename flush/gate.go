package flush

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// gate lets the two senders of one transport, for points and for events, take
// turns at Send: the contract says one goroutine at a time. Whoever waits longest
// is next. It also tells which of the two is the last to stop, and closes the
// transport.
//
// An event may take its time, and points wait that long, but not in a Shutdown or
// a Flush by hand: there its Send is ended, in time for the points to go out (see
// halves).
type gate struct {
	turn chan struct{} // capacity 1; full while a Send is under way

	mu      sync.Mutex
	senders int                // that have not stopped
	waiting bool               // the sender of points waits for its turn
	end     context.CancelFunc // of the event's Send under way; nil if there is none
}

func newGate() *gate { return &gate{turn: make(chan struct{}, 1), senders: 2} }

var errOvertime = errors.New("another Send of the transport has not returned")

// enter waits for the turn, no longer than ctx and limit allow. With an error,
// which is for judge, nothing may be sent; otherwise the caller must call leave
// when its Send has returned.
func (g *gate) enter(ctx context.Context, limit time.Duration, points bool) error {
	if points {
		g.setWaiting(true)
		defer g.setWaiting(false)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errOvertime)
	defer cancel()
	select {
	case g.turn <- struct{}{}:
		if ctx.Err() == nil {
			return nil
		}
		<-g.turn // both were ready; nothing is begun after the end
	case <-ctx.Done():
	}
	return &transport.SendError{Outcome: transport.Retry, Err: fmt.Errorf("no turn to send: %w", context.Cause(ctx))}
}

func (g *gate) setWaiting(waiting bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = waiting
}

// mayEnd lets hurry end the Send that is about to begin.
func (g *gate) mayEnd(end context.CancelFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end = end
}

// leave gives the turn on. Send has returned.
func (g *gate) leave() {
	g.mayEnd(nil)
	<-g.turn
}

// hurry ends the Send of an event if points wait for it.
func (g *gate) hurry() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting && g.end != nil {
		g.end()
	}
}

// last notes that a sender has stopped and reports whether it was the last one.
func (g *gate) last() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.senders--
	return g.senders == 0
}

// halves says when half of the time until a deadline has passed, then half of the
// rest, and so on. Points do not wait for an event beyond that.
type halves struct {
	deadline time.Time
	timer    *time.Timer // nil: never
}

func (s *sender) newHalves(deadline time.Time) halves {
	if s.env.gate == nil || s.env.yields || deadline.IsZero() {
		return halves{}
	}
	return halves{deadline, time.NewTimer(time.Until(deadline) / 2)}
}

func (h *halves) passed() <-chan time.Time {
	if h.timer == nil {
		return nil
	}
	return h.timer.C
}

func (h *halves) next() { h.timer.Reset(max(time.Until(h.deadline)/2, settleGrace)) }

func (h *halves) stop() {
	if h.timer != nil {
		h.timer.Stop()
	}
}
