package statsd

import "sync"

// throttle lets through the first hundred of a row of messages and then each
// hundredth, so that a peer that is away for a day does not fill the log. The
// idea is sprockets-statsd's ThrottleGuard.
type throttle struct {
	mu sync.Mutex
	n  uint64
}

const throttleEach = 100

// allow counts one message and reports whether it is to be logged, and how many
// of its row there were up to it.
func (t *throttle) allow() (n uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	return t.n, t.n < throttleEach || t.n%throttleEach == 0
}

// reset begins a new row: what the messages were about has ended.
func (t *throttle) reset() {
	t.mu.Lock()
	t.n = 0
	t.mu.Unlock()
}
