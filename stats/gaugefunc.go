package stats

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// GaugeFunc makes f a gauge: its result is the gauge's value. The flusher calls
// it at the end of each roll-up interval, and for each Flush, FlushAt and
// Shutdown; never twice at once. f should be quick: a flush waits for it, up to a
// second, and what it returns later counts for that later time. A panic is
// recovered and reported. f must not call Flush or Shutdown.
//
// stop ends it; a call under way may still finish. The series lives until then.
func (c *Client) GaugeFunc(name string, f func() float64, tags ...string) (stop func()) {
	if !c.live() || f == nil {
		return func() {}
	}
	g := &gaugeFunc{name: name, f: f, gauge: c.NewGauge(name, tags...)}
	all := &c.core.gaugeFuncs
	all.mu.Lock()
	defer all.mu.Unlock()
	all.list = append(slices.Clip(all.list), g)
	return func() {
		all.mu.Lock()
		defer all.mu.Unlock()
		all.list = slices.DeleteFunc(slices.Clone(all.list), func(other *gaugeFunc) bool { return other == g })
	}
}

// gaugeFuncs are the functions of a client and its children. The list is replaced
// and never written to, so that it can be read without the lock.
type gaugeFuncs struct {
	mu   sync.Mutex
	list []*gaugeFunc
}

type gaugeFunc struct {
	name  string
	f     func() float64
	gauge *Gauge
	busy  atomic.Bool // a call is under way
	said  atomic.Bool // that it panics or takes long
}

// gaugeFuncWait is how long a flush waits for the functions.
const gaugeFuncWait = time.Second

// sampleGauges calls every function that is not still busy, all at once, and waits
// for them.
func (co *core) sampleGauges() {
	co.gaugeFuncs.mu.Lock()
	list := co.gaugeFuncs.list
	co.gaugeFuncs.mu.Unlock()
	if len(list) == 0 || co.store.Stopped() {
		return
	}
	var wg sync.WaitGroup
	for _, g := range list {
		if g.busy.CompareAndSwap(false, true) {
			wg.Go(func() { co.sampleGauge(g) })
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	timer := time.NewTimer(gaugeFuncWait)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	for _, g := range list {
		if g.busy.Load() && !g.said.Swap(true) {
			co.complain(fmt.Errorf("stats: the function of the gauge %q has not returned within %v: what it returns later counts for then; make it quicker, or set the gauge from a goroutine of your own", g.name, gaugeFuncWait))
		}
	}
}

// sampleGauge calls one function. It outlives a panic and runtime.Goexit.
func (co *core) sampleGauge(g *gaugeFunc) {
	defer g.busy.Store(false)
	defer func() {
		if p := recover(); p != nil && !g.said.Swap(true) {
			co.complain(fmt.Errorf("stats: the function of the gauge %q panicked, and the gauge is not set: %v", g.name, p))
		}
	}()
	g.gauge.Set(g.f())
}

// complain queues an error for the flusher to report.
func (co *core) complain(err error) {
	co.registry.mu.Lock()
	defer co.registry.mu.Unlock()
	co.registry.complain(err)
}
