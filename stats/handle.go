package stats

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// handle binds a series: its submissions hash and look up nothing.
type handle struct {
	series *series
	core   *core
}

// bind returns the handle of a series, with series nil if it was refused.
func (c *Client) bind(kind kind, name string, tags []string) handle {
	if !c.live() {
		return handle{}
	}
	return handle{series: c.series(kind, name, tags), core: c.core}
}

// Counter is a handle to a counter. A nil one discards.
type Counter struct{ handle }

// NewCounter returns the handle of a counter. Keep it: making one takes a
// look-up and may allocate. The series lives at least as long as the handle.
func (c *Client) NewCounter(name string, tags ...string) *Counter {
	return &Counter{c.bind(transport.KindCount, name, tags)}
}

// Inc adds 1.
func (c *Counter) Inc() { c.Add(1) }

// Add adds delta.
func (c *Counter) Add(delta int64) {
	if c != nil && c.series != nil {
		c.series.ref.Add(delta)
		runtime.KeepAlive(c)
	}
}

// AddFloat adds delta. NaN and ±Inf are refused and counted as bad_value.
func (c *Counter) AddFloat(delta float64) {
	if c != nil && c.series != nil && !c.core.refuses(delta) {
		c.series.ref.AddFloat(delta)
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
	if g != nil && g.series != nil && !g.core.refuses(value) {
		g.series.ref.Set(value)
		runtime.KeepAlive(g)
	}
}

// Add changes the gauge by delta, relative to its last value in this process.
func (g *Gauge) Add(delta float64) {
	if g != nil && g.series != nil && !g.core.refuses(delta) {
		if !g.series.ref.GaugeAdd(delta) {
			g.core.refuse(transport.ReasonBadValue)
		}
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
	if h != nil && h.series != nil && !h.core.refuses(value) {
		h.series.ref.Observe(value)
		runtime.KeepAlive(h)
	}
}

// ObserveN adds several observations, for less than as many calls of Observe
// cost. It does not keep the slice.
func (h *Histogram) ObserveN(values []float64) {
	if h != nil && h.series != nil {
		h.core.eachFinite(values, h.series.ref.ObserveN)
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
	if d != nil && d.series != nil && !d.core.refuses(value) {
		d.series.ref.ObserveRaw(value)
		runtime.KeepAlive(d)
	}
}

// ObserveN adds several values. It does not keep the slice.
func (d *Distribution) ObserveN(values []float64) {
	if d != nil && d.series != nil {
		d.core.eachFinite(values, d.series.ref.ObserveRawN)
		runtime.KeepAlive(d)
	}
}

// eachFinite calls submit with the runs of finite values, and counts the others.
func (co *core) eachFinite(values []float64, submit func([]float64)) {
	start := 0
	for i, v := range values {
		if co.refuses(v) {
			submit(values[start:i])
			start = i + 1
		}
	}
	submit(values[start:])
}

// Set is a handle to a set. A nil one discards.
type Set struct{ handle }

// NewSet returns the handle of a set; see [Client.NewCounter].
func (c *Client) NewSet(name string, tags ...string) *Set {
	return &Set{c.bind(transport.KindSet, name, tags)}
}

// Add adds a member; see [Client.Set].
func (s *Set) Add(member string) {
	if s != nil && s.series != nil {
		if member, ok := s.core.memberText(member); ok {
			s.series.ref.AddMember(member)
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
	if t != nil && t.series != nil {
		t.series.ref.Observe(milliseconds(d))
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
