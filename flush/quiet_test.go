package flush_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// A flush interval shorter than the roll-up wakes nobody while there is nothing to
// hand out, and comes in time when there is.
func TestShortFlushIntervalsSleepWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, m := &countingClock{}, memory.New()
		sends := watch(m)
		begun := time.Now()
		r := ticking(t, func(c *flush.Config) { c.Clock, c.Interval = clock, 700*time.Millisecond }, m)
		time.Sleep(time.Hour - time.Second)
		assert.LessOrEqual(t, clock.reads(), 2*360+3, "two for each wake-up")
		assert.Zero(t, m.Sends(), "no batch for nothing")

		r.src.count(r.cat.add(transport.KindCount, "c"), 1)
		time.Sleep(10 * time.Second)
		step, swap := int64(700*time.Millisecond), begun.Add(time.Hour).UnixNano()
		grid := time.Unix(0, (swap+step-1)/step*step) // the first of its boundaries from there on
		assert.Equal(t, []float64{grid.Sub(begun).Seconds()}, sends.seconds())
	})
}

// A histogram of which no figure is wanted is no point and makes no batch.
func TestNoFiguresAreNoPoint(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, func(c *flush.Config) { c.Aggregates = []flush.Aggregate{} }, m)
	r.src.observe(r.cat.add(transport.KindHistogram, "h"), 1)
	r.flushAll()
	assert.Zero(t, m.Sends())
	assert.Zero(t, r.book(0).RolledUp)
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	r.flushAll()
	assert.Equal(t, uint64(1), r.book(0).Delivered)
}
