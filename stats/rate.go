package stats

import (
	"math"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Rate takes a sample of something that only grows, as bytes received, and sends
// how fast it grew: the difference of the last two samples over the time between
// them, per second. The first sample gives none; samples are remembered over
// flushes. A sample that is smaller than the one before, or taken at the same
// time, gives none either and is counted as bad_value; after a smaller one the
// rate starts from there. One older than a sample already used is counted as
// late_gauge; take the samples of a series with some time between them, for of two
// taken by one goroutine within microseconds the older can come second. NaN and
// ±Inf are refused and counted as bad_value.
//
// It is the one submission that reads the clock.
func (c *Client) Rate(name string, value float64, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindRate, name, tags); s != nil {
		s.ref().Timed(shard.Timed{Untimed: true, N: c.core.nanos(), Value: value})
		runtime.KeepAlive(s)
	}
}

// Rate is a handle to a rate. A nil one discards.
type Rate struct{ handle }

// NewRate returns the handle of a rate; see [Client.NewCounter].
func (c *Client) NewRate(name string, tags ...string) *Rate {
	return &Rate{c.bind(transport.KindRate, name, tags)}
}

// Observe takes a sample; see [Client.Rate].
func (r *Rate) Observe(value float64) {
	if r != nil && r.ref.Valid() {
		r.ref.Timed(shard.Timed{Untimed: true, N: r.core.nanos(), Value: value})
		runtime.KeepAlive(r)
	}
}

// nanos returns the time in nanoseconds since the epoch. It goes on evenly when
// the wall clock is set, as long as the clock is the runtime's.
func (co *core) nanos() int64 {
	return unixNanos(co.started.Unix(), int32(co.started.Nanosecond())) + int64(co.now().Sub(co.started))
}

// unixNanos is time.Time.UnixNano, which stops at the ends of what it can say.
func unixNanos(unix int64, nanos int32) int64 {
	const most = math.MaxInt64/int64(time.Second) - 1
	return min(max(unix, -most), most)*int64(time.Second) + int64(nanos)
}
