package stats

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// GaugeFunc makes f a gauge: its result is the gauge's value. The flusher calls
// it at the end of each roll-up interval, and for each Flush, FlushAt and
// Shutdown; never twice at once. f should be quick: a flush waits for it, up to a
// second and half of the flush's own time. While it waits the interval goes on, so
// that what is submitted then counts for the interval before; and what f returns
// later counts for that later time. A panic is recovered and reported. f must not
// call Flush or Shutdown.
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
	call  atomic.Pointer[gaugeCall] // under way; nil if there is none
	said  atomic.Bool               // that it panics or takes long
}

// gaugeCall is one call of a function.
type gaugeCall struct {
	ended chan struct{} // closed by sampleGauge, when the gauge is set
	late  atomic.Bool   // a flush has waited for it long enough, and no other does
}

// gaugeFuncWait is how long a flush waits for the functions.
const gaugeFuncWait = time.Second

// sampleGauges calls every function that is not still busy, all at once, and waits
// for them and for the calls of another flush, but not beyond ctx.
func (co *core) sampleGauges(ctx context.Context) {
	co.gaugeFuncs.mu.Lock()
	list := co.gaugeFuncs.list
	co.gaugeFuncs.mu.Unlock()
	if len(list) == 0 || co.store.Stopped() {
		return
	}
	calls := make([]*gaugeCall, len(list))
	for i, g := range list {
		calls[i] = co.callGauge(g)
	}
	timer := time.NewTimer(gaugeFuncWait)
	defer timer.Stop()
	for _, call := range calls {
		if call == nil || call.late.Load() {
			continue
		}
		select {
		case <-call.ended:
		case <-ctx.Done(): // the next flush may wait for it
			return
		case <-timer.C:
			co.noteLate(list, calls)
			return
		}
	}
}

// callGauge begins a call of a function, if none is under way, and returns the one
// that is; nil if that has ended meanwhile.
func (co *core) callGauge(g *gaugeFunc) *gaugeCall {
	call := &gaugeCall{ended: make(chan struct{})}
	if g.call.CompareAndSwap(nil, call) {
		go co.sampleGauge(g, call)
		return call
	}
	return g.call.Load()
}

// noteLate marks the calls that have not ended, and complains once of each function.
func (co *core) noteLate(list []*gaugeFunc, calls []*gaugeCall) {
	for i, g := range list {
		call := calls[i]
		if call == nil || g.call.Load() != call {
			continue
		}
		call.late.Store(true)
		if !g.said.Swap(true) {
			co.complain(fmt.Errorf("stats: the function of the gauge %q has not returned within %v: what it returns later counts for then; make it quicker, or set the gauge from a goroutine of your own", g.name, gaugeFuncWait))
		}
	}
}

// sampleGauge makes one call. It outlives a panic and runtime.Goexit.
func (co *core) sampleGauge(g *gaugeFunc, call *gaugeCall) {
	defer close(call.ended)
	defer g.call.Store(nil)
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
