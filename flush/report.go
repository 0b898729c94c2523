package flush

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// reportEvery is the least time between two reports of one transport.
const reportEvery = 10 * time.Second

// reporter passes the errors of one transport on: the first at once, then at
// most one per reportEvery with the number of those left out. It calls the
// user's handler and logger on the goroutine that reports, without any lock of
// ours, and survives their panics. Its methods may be called concurrently.
type reporter struct {
	transport string
	log       *slog.Logger
	onError   func(error)

	mu         sync.Mutex
	last       time.Time // of the last report; zero before the first
	suppressed int
}

// report passes err on, or counts it.
func (r *reporter) report(err error) {
	now := time.Now()
	r.mu.Lock()
	if !r.last.IsZero() && now.Sub(r.last) < reportEvery {
		r.suppressed++
		r.mu.Unlock()
		return
	}
	n := r.suppressed
	r.last, r.suppressed = now, 0
	r.mu.Unlock()

	if n > 0 {
		err = fmt.Errorf("%w (and %d more since the last report)", err, n)
	}
	r.shield(func() { r.log.Warn("shardstats: delivery failed", "transport", r.transport, "error", err) })
	r.shield(func() { r.onError(fmt.Errorf("flush: transport %q: %w", r.transport, err)) })
}

// stack logs the stack of a panic, without regard to the rate: it is called once.
func (r *reporter) stack(err error, stack []byte) {
	r.shield(func() {
		r.log.Error("shardstats: a transport panicked", "transport", r.transport, "error", err, "stack", string(stack))
	})
}

// shield calls code of the user. There is nobody left to tell of its panic.
func (r *reporter) shield(f func()) {
	defer func() { _ = recover() }()
	f()
}
