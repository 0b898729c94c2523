package replay

import (
	"sync"
	"time"
)

// beginning is what the clock of a replay shows before the first flush: a time
// before all that a log can have.
var beginning = time.Unix(-2*maxUnix, 0)

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

// leave moves the clock forward by the least there is if it shows t. What a
// client drains belongs to the nanosecond before: after a flush at the edge of a
// bucket, that is no longer the bucket that was closed.
func (c *clock) leave(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.Equal(t) {
		c.now = t.Add(1)
	}
}
