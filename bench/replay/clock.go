package replay

import (
	"sync"
	"time"
)

// clock is the wall clock of a replay. It stands at the time of the last flush
// and only goes forward: a log's times may be of any year, and a client takes a
// clock that is set back for a mistake.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now implements stats.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// set moves the clock forward to t, and not back.
func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}
