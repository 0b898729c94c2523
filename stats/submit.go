package stats

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Increment adds 1 to a counter.
func (c *Client) Increment(name string, tags ...string) { c.Count(name, 1, tags...) }

// Decrement subtracts 1 from a counter.
func (c *Client) Decrement(name string, tags ...string) { c.Count(name, -1, tags...) }

// Count adds delta to a counter. A counter touched with deltas that come to 0 is
// sent as 0. Sums saturate: the sign never flips.
func (c *Client) Count(name string, delta int64, tags ...string) {
	if !c.live() {
		return
	}
	if sp := c.find(transport.KindCount, name, tags); sp != nil {
		sp.ref().Add(delta)
		runtime.KeepAlive(sp)
	} else if s := c.resolve(transport.KindCount, name, tags); s != nil {
		s.ref().Add(delta)
		runtime.KeepAlive(s)
	}
}

// CountFloat adds delta to a counter; integer and float deltas of one counter
// add up. NaN and ±Inf are refused and counted as bad_value.
func (c *Client) CountFloat(name string, delta float64, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindCount, name, tags); s != nil {
		s.ref().AddFloat(delta)
		runtime.KeepAlive(s)
	}
}

// Gauge sets a gauge; the last write of a roll-up interval is sent. NaN and ±Inf
// are refused and counted as bad_value.
func (c *Client) Gauge(name string, value float64, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindGauge, name, tags); s != nil {
		s.ref().Set(value)
		runtime.KeepAlive(s)
	}
}

// GaugeAdd changes a gauge by delta, relative to the last value of this process,
// 0 at first. A delta or a result that is not finite is refused and counted as
// bad_value.
func (c *Client) GaugeAdd(name string, delta float64, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindGauge, name, tags); s != nil {
		s.ref().GaugeAdd(delta)
		runtime.KeepAlive(s)
	}
}

// Histogram adds one observation to a histogram. NaN and ±Inf are refused and
// counted as bad_value.
func (c *Client) Histogram(name string, value float64, tags ...string) {
	if !c.live() {
		return
	}
	if sp := c.find(transport.KindHistogram, name, tags); sp != nil {
		sp.ref().Observe(value)
		runtime.KeepAlive(sp)
	} else if s := c.resolve(transport.KindHistogram, name, tags); s != nil {
		s.ref().Observe(value)
		runtime.KeepAlive(s)
	}
}

// Distribution adds one value to a distribution, of which every value is kept up
// to a bound, and which backends merge over hosts. Beyond the bound it goes on as a
// sketch, its values then within 0.8 % of those submitted. A value is counted as
// distribution_full if a transport cannot take sketches, or if more came between two
// drains than there is room for: 100,000 per shard and some 100,000 for all. NaN and
// ±Inf are refused and counted as bad_value.
func (c *Client) Distribution(name string, value float64, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindDistribution, name, tags); s != nil {
		s.ref().ObserveRaw(value)
		runtime.KeepAlive(s)
	}
}

// Timing adds one duration to a histogram of milliseconds.
func (c *Client) Timing(name string, d time.Duration, tags ...string) {
	if !c.live() {
		return
	}
	if s := c.series(transport.KindTiming, name, tags); s != nil {
		s.ref().Observe(milliseconds(d))
		runtime.KeepAlive(s)
	}
}

// Set adds a member to a set, of which the number of distinct members is sent.
// Only a member new to its roll-up interval is copied. Members of up to 200
// bytes are kept as they are, longer ones as their start and a hash; one over
// 64 KiB is refused and counted as bad_value.
func (c *Client) Set(name, member string, tags ...string) {
	if !c.live() {
		return
	}
	member, ok := c.core.memberText(member)
	if !ok {
		return
	}
	if s := c.series(transport.KindSet, name, tags); s != nil {
		s.ref().AddMember(member)
		runtime.KeepAlive(s)
	}
}

// memberText returns a set's member as it is kept, or counts it as refused.
func (co *core) memberText(member string) (string, bool) {
	if len(member) > maxStringBytes {
		co.refuse(transport.ReasonBadValue)
		return "", false
	}
	return shorten(member), true
}

// series returns the series of a call, known or new; nil if it was refused.
func (c *Client) series(kind kind, name string, tags []string) *series {
	if s := c.find(kind, name, tags); s != nil {
		return s
	}
	return c.resolve(kind, name, tags)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
