package stats

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// handle binds a series: its submissions hash and look up nothing. The zero one has
// a Ref that leads nowhere, which discards.
type handle struct {
	ref    shard.Ref
	series *series // keeps the id of ref; see series
	core   *core
}

// bind returns the handle of a series. If there is none to be had, each
// submission through the handle is refused and counted.
func (c *Client) bind(kind kind, name string, tags []string) handle {
	if !c.live() {
		return handle{}
	}
	var s *series
	if s = c.find(kind, name, tags); s == nil {
		var why transport.Reason
		if s, why = c.meet(kind, name, tags); s == nil {
			s = c.core.refusals.series(why, kind)
		}
	}
	return handle{ref: s.ref(), series: s, core: c.core}
}

// Counter is a handle to a counter. A nil one discards.
type Counter struct{ handle }

// NewCounter returns the handle of a counter. Keep it: making one takes a
// look-up and may allocate. The series lives at least as long as the handle. A
// handle to what cannot be had (a bad name, a gauge beyond WithSeriesLimit) stays
// one: each submission through it is refused and counted.
func (c *Client) NewCounter(name string, tags ...string) *Counter {
	return &Counter{c.bind(transport.KindCount, name, tags)}
}

// Inc adds 1.
func (c *Counter) Inc() {
	if c != nil { // not c.Add(1), which would not be inlined
		c.ref.Add(1)
		runtime.KeepAlive(c)
	}
}

// Add adds delta.
func (c *Counter) Add(delta int64) {
	if c != nil {
		c.ref.Add(delta)
		runtime.KeepAlive(c)
	}
}

// AddFloat adds delta. NaN and ±Inf are refused and counted as bad_value.
func (c *Counter) AddFloat(delta float64) {
	if c != nil {
		c.ref.AddFloat(delta)
		runtime.KeepAlive(c)
	}
}

// Gauge is a handle to a gauge. A nil one discards.
type Gauge struct{ handle }

// NewGauge returns the handle of a gauge; see [Client.NewCounter].
func (c *Client) NewGauge(name string, tags ...string) *Gauge {
	return &Gauge{c.bind(transport.KindGauge, name, tags)}
}

// Set makes value the gauge's value. NaN and ±Inf are refused and counted as
// bad_value.
func (g *Gauge) Set(value float64) {
	if g != nil {
		g.ref.Set(value)
		runtime.KeepAlive(g)
	}
}

// Add changes the gauge by delta, relative to its last value in this process.
func (g *Gauge) Add(delta float64) {
	if g != nil {
		g.ref.GaugeAdd(delta)
		runtime.KeepAlive(g)
	}
}

// Histogram is a handle to a histogram. A nil one discards.
type Histogram struct{ handle }

// NewHistogram returns the handle of a histogram; see [Client.NewCounter].
func (c *Client) NewHistogram(name string, tags ...string) *Histogram {
	return &Histogram{c.bind(transport.KindHistogram, name, tags)}
}

// Observe adds one observation. NaN and ±Inf are refused and counted as
// bad_value.
func (h *Histogram) Observe(value float64) {
	if h != nil {
		h.ref.Observe(value)
		runtime.KeepAlive(h)
	}
}

// ObserveN adds several observations, for less than as many calls of Observe
// cost. It does not keep the slice.
func (h *Histogram) ObserveN(values []float64) {
	if h != nil {
		h.ref.ObserveN(values)
		runtime.KeepAlive(h)
	}
}

// Distribution is a handle to a distribution. A nil one discards.
type Distribution struct{ handle }

// NewDistribution returns the handle of a distribution; see [Client.NewCounter].
func (c *Client) NewDistribution(name string, tags ...string) *Distribution {
	return &Distribution{c.bind(transport.KindDistribution, name, tags)}
}

// Observe adds one value. NaN and ±Inf are refused and counted as bad_value.
func (d *Distribution) Observe(value float64) {
	if d != nil {
		d.ref.ObserveRaw(value)
		runtime.KeepAlive(d)
	}
}

// ObserveN adds several values. It does not keep the slice.
func (d *Distribution) ObserveN(values []float64) {
	if d != nil {
		d.ref.ObserveRawN(values)
		runtime.KeepAlive(d)
	}
}

// Set is a handle to a set. A nil one discards.
type Set struct{ handle }

// NewSet returns the handle of a set; see [Client.NewCounter].
func (c *Client) NewSet(name string, tags ...string) *Set {
	return &Set{c.bind(transport.KindSet, name, tags)}
}

// Add adds a member; see [Client.Set].
func (s *Set) Add(member string) {
	if s != nil && s.ref.Valid() {
		if member, ok := s.core.memberText(member); ok {
			s.ref.AddMember(member)
			runtime.KeepAlive(s)
		}
	}
}

// Timer is a handle to a timing. A nil one discards.
type Timer struct{ handle }

// NewTimer returns the handle of a timing; see [Client.NewCounter].
func (c *Client) NewTimer(name string, tags ...string) *Timer {
	return &Timer{c.bind(transport.KindTiming, name, tags)}
}

// Observe adds one duration.
func (t *Timer) Observe(d time.Duration) {
	if t != nil {
		t.ref.Observe(milliseconds(d))
		runtime.KeepAlive(t)
	}
}

// Start starts a watch; see [Client.StartTimer].
func (t *Timer) Start() Stopwatch {
	if t == nil {
		return Stopwatch{}
	}
	return Stopwatch{series: t.series, start: time.Now()}
}
