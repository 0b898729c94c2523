package flush_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// What was closed when the clock is set back is not kept until that time comes
// again.
func TestAClockThatIsSetBackHoldsNothing(t *testing.T) {
	for name, do := range map[string]func(*rig){
		"until the next tick":   func(*rig) {},
		"until the next flush":  func(r *rig) { r.flushAt(-3600) },
		"until the next signal": func(r *rig) { r.Wake(); synctest.Wait() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				r := ticking(t, func(c *flush.Config) { c.Rollup, c.Interval = 5*time.Second, time.Minute }, m)
				busy(r, r.cat.add(transport.KindCount, "c"), 16)
				assert.Empty(t, arrived(m))
				r.clock.add(-time.Hour)
				do(r)
				time.Sleep(time.Minute)
				assert.Subset(t, arrived(m), []string{"c@0=5", "c@5=5", "c@10=5"})
				assert.Equal(t, 16.0, m.Sum("c"))
			})
		})
	}
}

// A clock that was far ahead for a time, and wrote so much that the memory of what
// was sent has reached its bound, takes nothing from the time after it was set
// right.
func TestAClockThatWasAheadForLong(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, func(c *flush.Config) { c.LateWindow = 0 }, m)
	flush.LimitMemory(r.Flusher, 3)
	c := r.cat.add(transport.KindCount, "c")
	at := func(ts time.Time, n int64) {
		r.clock.set(ts)
		r.src.count(c, n)
		r.flushAll()
	}
	ahead := time.Date(2106, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		at(ahead.Add(time.Duration(10*i+5)*time.Second), 100)
	}
	m.Reset()
	for i := range 10 {
		at(begin.Add(time.Duration(10*i+5)*time.Second), 1)
	}
	assert.Equal(t, 10.0, m.Sum("c"))
	assert.Empty(t, r.book(0).Dropped)
}

// A bucket that is closed early at the bound leaves nothing behind among the
// revisions.
func TestRevisionsOfBucketsThatAreGoneAreForgotten(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, func(c *flush.Config) { c.MaxBuckets = 2 }, m)
	c := r.cat.add(transport.KindCount, "c")
	r.clock.set(begin.Add(5 * time.Second))
	for s := int64(-10); s > -1000; s -= 10 {
		r.src.at(sec(s), shard.Timed{ID: c, N: 1})
		r.flushAll()
		r.src.at(sec(s), shard.Timed{ID: c, N: 1})
		r.src.at(sec(s+1000), shard.Timed{ID: c, N: 1}) // closes the other early
		r.flushAll()
	}
	assert.LessOrEqual(t, flush.Noted(r.Flusher), 2)
}
