package flush_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

var errSeries = errors.New("too many series")

// complain makes the next drain bring a complaint.
func (c *catalog) complain(errs ...error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complaints = append(c.complaints, errs...)
}

// hears collects what a handler was told, and then does more.
type hears struct {
	mu   sync.Mutex
	errs []error
}

func (h *hears) handler(then func()) func(error) {
	return func(err error) {
		h.mu.Lock()
		h.errs = append(h.errs, err)
		h.mu.Unlock()
		then()
	}
}

func (h *hears) all() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]error(nil), h.errs...)
}

func TestTheCatalogsComplaintsAreLoggedAndHandedOn(t *testing.T) {
	h := &hears{}
	r := manual(t, func(c *flush.Config) { c.OnError = h.handler(func() {}) }, memory.New())
	r.cat.complain(errSeries)
	r.flushAll()
	assert.Equal(t, []error{errSeries}, h.all())
	assert.Contains(t, r.log.String(), "too many series")
	r.flushAll()
	assert.Len(t, h.all(), 1, "once")
}

// A handler is called without a lock: it may flush.
func TestAHandlerMayFlush(t *testing.T) {
	for _, byHand := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			h, m := &hears{}, memory.New()
			var r *rig
			change := func(c *flush.Config) {
				c.OnError = h.handler(func() { assert.NoError(t, r.Flush(t.Context())) })
			}
			if byHand {
				r = manual(t, change, m)
			} else {
				r = ticking(t, change, m)
			}
			r.cat.complain(errSeries)
			r.src.count(r.cat.add(transport.KindCount, "c"), 1)
			require.NoError(t, r.Flush(t.Context()))
			synctest.Wait()
			assert.Len(t, h.all(), 1)
			assert.Len(t, arrived(m), 1)
		})
	}
}

func TestAHandlerThatBlocksDelaysNoSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, m, gate := &hears{}, memory.New(), make(chan struct{})
		r := ticking(t, func(c *flush.Config) { c.OnError = h.handler(func() { <-gate }) }, m)
		c := r.cat.add(transport.KindCount, "c")
		for range 200 {
			r.cat.complain(errSeries)
			r.src.count(c, 1)
			time.Sleep(10 * time.Second)
		}
		time.Sleep(time.Second)
		assert.Len(t, r.src.swapTimes(), 200)
		assert.Equal(t, 200.0, m.Sum("c"))

		start := time.Now()
		err := r.Shutdown(within(t, 5*time.Second))
		assert.ErrorContains(t, err, "the error handler or the logger does not return")
		assert.InDelta(t, 5, time.Since(start).Seconds(), 0.1)
		close(gate)
		synctest.Wait()
		assert.Len(t, h.all(), 1+64, "what waited was bounded")
	})
}

func TestAHandlerThatMisbehavesIsSurvived(t *testing.T) {
	for name, misbehave := range map[string]func(){
		"panics":             func() { panic("handler") },
		"ends its goroutine": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hears{}
				r := ticking(t, func(c *flush.Config) { c.OnError = h.handler(misbehave) }, memory.New())
				time.Sleep(time.Second)
				for range 3 {
					r.cat.complain(errSeries)
					time.Sleep(10 * time.Second)
				}
				assert.Len(t, h.all(), 3)
				assert.NoError(t, r.Shutdown(t.Context()))
			})
		})
	}
}
