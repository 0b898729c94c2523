package tune

import (
	"time"
	"unsafe"

	"github.com/shardstats/shardstats/stats"
)

// handles are those of one series: the one of its kind is set.
type handles struct {
	counter      *stats.Counter
	gauge        *stats.Gauge
	histogram    *stats.Histogram
	timer        *stats.Timer
	distribution *stats.Distribution
	set          *stats.Set
}

// bound submits through handles.
type bound struct {
	turn
	all     []series
	handles []handles
}

func newBound(c *stats.Client, all []series, steps []step) *bound {
	b := &bound{turn: turn{steps: steps}, all: all, handles: make([]handles, len(all))}
	for i := range all {
		s, h := &all[i], &b.handles[i]
		switch s.kind {
		case counter:
			h.counter = c.NewCounter(s.name, s.tags...)
		case gauge:
			h.gauge = c.NewGauge(s.name, s.tags...)
		case histogram:
			h.histogram = c.NewHistogram(s.name, s.tags...)
		case timing:
			h.timer = c.NewTimer(s.name, s.tags...)
		case distribution:
			h.distribution = c.NewDistribution(s.name, s.tags...)
		case set:
			h.set = c.NewSet(s.name, s.tags...)
		}
	}
	return b
}

// bytes counts the row of handles, and not the handles themselves: they are the
// client's.
func (b *bound) bytes() int {
	return b.turn.bytes() + int(unsafe.Sizeof(handles{}))*len(b.handles)
}

func (b *bound) submit(n int) {
	for range n {
		step := b.next()
		h := &b.handles[step.series]
		switch b.all[step.series].kind {
		case counter:
			h.counter.Inc()
		case gauge:
			h.gauge.Set(step.value)
		case histogram:
			h.histogram.Observe(step.value)
		case timing:
			h.timer.Observe(time.Duration(step.value) * time.Millisecond)
		case distribution:
			h.distribution.Observe(step.value)
		case set:
			h.set.Add(members[int(step.value)%len(members)])
		}
	}
}
