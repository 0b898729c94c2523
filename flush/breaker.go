package flush

import "time"

const (
	breakerFailures = 5                // in a row, and the breaker opens
	breakerProbe    = 30 * time.Second // while open: one attempt each
)

// breaker keeps a sender from knocking at a dead endpoint: while it is open
// there is one probe each breakerProbe. Its owner is the sender's goroutine.
//
// It is not sony/gobreaker, because a sender that sleeps needs to know when the
// next probe is due, not whether one is allowed now, and because refused
// credentials open it at once.
type breaker struct {
	failures int
	open     bool
	probe    time.Time // of an open breaker: when the next attempt may be made
}

// success closes the breaker.
func (b *breaker) success() { *b = breaker{} }

// failure counts a failed attempt; final opens the breaker at once.
func (b *breaker) failure(now time.Time, final bool) {
	b.failures++
	if final || b.failures >= breakerFailures {
		b.open = true
	}
	if b.open {
		b.probe = now.Add(breakerProbe)
	}
}
