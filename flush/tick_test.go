package flush_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// seconds returns when something happened, from begin on.
func seconds(ts []time.Time) []float64 {
	out := make([]float64, len(ts))
	for i, at := range ts {
		out[i] = at.Sub(begin).Seconds()
	}
	return out
}

// arrivals notes when a transport got something, by the runtime's clock.
type arrivals struct {
	start time.Time
	mu    sync.Mutex
	at    []float64
}

// watch makes m note its Sends.
func watch(m *memory.Transport) *arrivals {
	a := &arrivals{start: time.Now()}
	m.SetSend(func(context.Context, *transport.Batch) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.at = append(a.at, time.Since(a.start).Seconds())
		return nil
	})
	return a
}

func (a *arrivals) seconds() []float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]float64(nil), a.at...)
}

// busy submits once in each of n seconds, half a second after it begins.
func busy(r *rig, c shard.ID, n int) {
	time.Sleep(500 * time.Millisecond)
	for range n {
		r.src.count(c, 1)
		time.Sleep(time.Second)
	}
}

func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		name             string
		rollup, interval time.Duration
		run              int // seconds
		swaps, sends     []float64
		points           []string
	}{
		{
			"a flush of two roll-ups", 5 * time.Second, 10 * time.Second, 26,
			[]float64{5, 10, 15, 20, 25}, []float64{10, 20},
			[]string{"c@0=5", "c@5=5", "c@10=5", "c@15=5"},
		},
		{
			"a flush shorter than the roll-up", 10 * time.Second, 4 * time.Second, 26,
			[]float64{10, 20}, []float64{12, 20},
			[]string{"c@0=10", "c@10=10"},
		},
		{
			"a flush that does not divide the roll-up", 5 * time.Second, 7 * time.Second, 26,
			[]float64{5, 10, 15, 20, 25}, []float64{9, 16, 23}, // begin is 5 s past the grid of 7 s
			[]string{"c@0=5", "c@5=5", "c@10=5", "c@15=5"},
		},
		{
			"a flush of a fraction of a second", time.Second, 300 * time.Millisecond, 4,
			[]float64{1, 2, 3, 4}, []float64{1.2, 2.1, 3, 4.2},
			[]string{"c@0=1", "c@1=1", "c@2=1", "c@3=1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				sends := watch(m)
				r := ticking(t, func(cfg *flush.Config) { cfg.Rollup, cfg.Interval = c.rollup, c.interval }, m)
				busy(r, r.cat.add(transport.KindCount, "c"), c.run)
				assert.Equal(t, c.swaps, seconds(r.src.swapTimes()))
				assert.Equal(t, c.sends, sends.seconds())
				assert.Equal(t, c.points, arrived(m))
			})
		})
	}
}

func TestTheNanosecondsAroundABoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		time.Sleep(10*time.Second - 1)
		r.src.count(c, 1)
		time.Sleep(2 * time.Nanosecond)
		r.src.count(c, 2)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"c@0=1", "c@10=2"}, arrived(m))
	})
}

// A Flush in mid-bucket changes nothing about the ticks.
func TestTicksAfterAFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		time.Sleep(4 * time.Second)
		r.flushAll()
		r.src.count(c, 2)
		time.Sleep(7 * time.Second)
		assert.Equal(t, []string{"c@0=1", "c@0=2"}, arrived(m))
		assert.Equal(t, []float64{4, 10}, seconds(r.src.swapTimes()))
	})
}

// late sets the clock so that it reads d past the boundary at 10 s while the
// timer for it has not fired yet.
func late(r *rig, d time.Duration) {
	time.Sleep(9 * time.Second)
	r.clock.add(time.Second + d)
}

func TestATimerThatFiresLate(t *testing.T) {
	for _, c := range []struct {
		name      string
		by        time.Duration
		point     string
		stretched uint64
	}{
		{"by a moment", 3 * time.Second, "c@0=1", 0},
		{"by a roll-up less the timer's second", 9 * time.Second, "c@0=1", 0},
		{"by more than a roll-up", 12 * time.Second, "c@20=1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				r := ticking(t, nil, m)
				r.src.count(r.cat.add(transport.KindCount, "c"), 1)
				late(r, c.by)
				time.Sleep(15 * time.Second)
				assert.Equal(t, []string{c.point}, arrived(m))
				assert.Equal(t, c.stretched, r.Stretched())
			})
		})
	}
}

// Between a boundary and its late tick a Flush, a signal and a Shutdown find
// content of the old bucket.
func TestWhatComesBeforeALateTick(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*rig)
	}{
		{"a flush", func(r *rig) { r.flushAll() }},
		{"a shutdown", func(r *rig) { assert.NoError(r.t, r.Shutdown(r.t.Context())) }},
		{"a signal", func(r *rig) { r.Wake(); synctest.Wait(); r.flushAt(11) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				r := ticking(t, nil, m)
				r.src.at(0, shard.Timed{ID: r.cat.add(transport.KindHistogram, "h"), Untimed: true, Value: 1})
				late(r, 2*time.Second)
				c.do(r)
				time.Sleep(20 * time.Second)
				assert.Equal(t, []string{"h@0=1/1"}, arrived(m))
			})
		})
	}
}

func TestASuspendedMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		sends := watch(m)
		time.Sleep(5 * time.Second)
		r.src.count(c, 1)
		r.clock.add(8*time.Hour + 2*time.Second)
		time.Sleep(10 * time.Second) // the timer for the boundary fires 5 s from now
		assert.Empty(t, sends.seconds(), "its bucket is the one it woke in")
		assert.Equal(t, []float64{28812}, seconds(r.src.swapTimes()), "one swap to catch up")
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"c@28810=1"}, arrived(m))
		assert.Equal(t, []float64{18}, sends.seconds())
		assert.Equal(t, uint64(1), r.Stretched())
		assert.Equal(t, []float64{28812, 28820, 28830}, seconds(r.src.swapTimes()), "no storm")
	})
}

func TestAClockThatIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		time.Sleep(12 * time.Second)
		r.src.count(c, 1)
		r.clock.add(-time.Hour)
		time.Sleep(8*time.Second + time.Millisecond) // until the timer for the old boundary fires
		assert.Equal(t, []string{"c@-3590=1"}, arrived(m), "no flush is missed")
		time.Sleep(4 * time.Second)
		r.src.count(c, 2)
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"c@-3590=1", "c@-3580=2"}, arrived(m))
		assert.Equal(t, []float64{10, -3580, -3570}, seconds(r.src.swapTimes()), "on the grid of the new time")
	})
}

// A clock that is set back over a boundary that has been served serves it again,
// with what came meanwhile.
func TestABoundaryThatComesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeping := memory.New(overwrites())
		r := ticking(t, nil, keeping)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		time.Sleep(10*time.Second + time.Millisecond)
		r.clock.add(-5 * time.Millisecond)
		r.src.count(c, 2)
		flush.Tick(r.Flusher) // a wake-up for something else
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"c@0=1", "c@0=3 rev 1"}, arrived(keeping))
	})
}

// One wake-up for each roll-up: the schedule reads the clock for each.
func TestAnIdleClientSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &countingClock{}
		r := ticking(t, func(c *flush.Config) { c.Clock, c.Jitter = clock, time.Second }, memory.New())
		time.Sleep(time.Hour + time.Second)
		assert.Equal(t, 360, r.src.drained())
		assert.LessOrEqual(t, clock.reads(), 2*360+3, "two for each wake-up")
	})
}

// countingClock is the runtime's clock and counts its readings.
type countingClock struct {
	mu sync.Mutex
	n  int
}

func (c *countingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return time.Now()
}

func (c *countingClock) reads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func TestAFullLogIsDrainedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		r := ticking(t, nil, m)
		c := r.cat.add(transport.KindCount, "c")
		r.src.at(sec(-20), shard.Timed{ID: c, N: 1})
		r.src.count(c, 2)
		for range 100 {
			r.Wake()
		}
		synctest.Wait()
		r.src.mu.Lock()
		assert.Empty(t, r.src.logs)
		assert.Len(t, r.src.now, 1, "nothing but the logs")
		r.src.mu.Unlock()
		assert.Empty(t, r.src.swapTimes())
		time.Sleep(11 * time.Second)
		assert.Equal(t, []string{"c@-20=1", "c@0=2"}, arrived(m))
	})
}

func TestWakingNobody(t *testing.T) {
	r := manual(t, nil, memory.New())
	for range 3 {
		r.Wake() // there is no goroutine to take it
	}
}

// A transport that does not answer keeps no swap and no other transport waiting.
func TestDeliveryDelaysNoSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck, m := memory.New(), memory.New()
		release := stuck.Block()
		defer release()
		r := ticking(t, nil, stuck, m)
		sends := watch(m)
		busy(r, r.cat.add(transport.KindCount, "c"), 40)
		assert.Equal(t, []float64{10, 20, 30, 40}, seconds(r.src.swapTimes()))
		assert.Equal(t, []float64{10, 20, 30, 40}, sends.seconds())
		assert.Empty(t, arrived(stuck))
		assert.Equal(t, uint64(4), r.book(0).Pending)
	})
}

func TestJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		sends := watch(m)
		r := ticking(t, func(c *flush.Config) { c.Jitter = 4 * time.Second }, m)
		busy(r, r.cat.add(transport.KindCount, "c"), 1000)
		for i, s := range seconds(r.src.swapTimes()) {
			assert.Equal(t, float64(10*(i+1)), s, "no swap is held back")
		}
		time.Sleep(4 * time.Second)
		at := sends.seconds()
		assert.Len(t, at, 100)
		var quarters [4]int
		for i, s := range at {
			by := s - float64(10*(i+1))
			assert.True(t, 0 <= by && by < 4, "send %d is %v s after its flush", i, by)
			quarters[int(by)]++
		}
		for _, n := range quarters {
			assert.Greater(t, n, 5, "spread over the four seconds: %v", quarters) // p < 10⁻⁶
		}

		r.src.count(r.cat.add(transport.KindCount, "d"), 1)
		start := time.Now()
		r.flushAll()
		assert.Zero(t, time.Since(start), "a Flush is not held back")
	})
}
