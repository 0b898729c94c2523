package stats

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Stopwatch measures one piece of work. It is a small value that may be copied;
// the zero one discards. Each Stop records: a second one records a second,
// longer timing.
type Stopwatch struct {
	series *series
	start  time.Time
}

// StartTimer starts a watch for a timing:
//
//	defer c.StartTimer("db.query", "table:users").Stop()
//
// It looks the series up once and does not allocate.
func (c *Client) StartTimer(name string, tags ...string) Stopwatch {
	if !c.live() {
		return Stopwatch{}
	}
	return Stopwatch{series: c.bind(transport.KindTiming, name, tags).series, start: time.Now()}
}

// Stop records the time since the start, in milliseconds, and returns it. It
// measures with the monotonic clock.
func (s Stopwatch) Stop() time.Duration {
	d := s.Elapsed()
	if s.series != nil {
		s.series.ref().Observe(milliseconds(d))
		runtime.KeepAlive(s.series)
	}
	return d
}

// Elapsed returns the time since the start and records nothing.
func (s Stopwatch) Elapsed() time.Duration {
	if s.start.IsZero() {
		return 0
	}
	return time.Since(s.start)
}

// Timed calls fn and records how long it took, also when fn panics; the panic
// goes on.
func (c *Client) Timed(name string, fn func(), tags ...string) {
	watch := c.StartTimer(name, tags...)
	defer watch.Stop()
	fn()
}
