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
				c := r.cat.add(transport.KindCount, "c")
				busy(r, c, 16)
				r.src.at(sec(16), shard.Timed{ID: c, N: 1}) // of the bucket that is open
				r.Wake()
				synctest.Wait()
				assert.Empty(t, arrived(m))
				r.clock.add(-time.Hour)
				do(r)
				time.Sleep(time.Minute)
				assert.Subset(t, arrived(m), []string{"c@0=5", "c@5=5", "c@10=5"})
				assert.Equal(t, 17.0, m.Sum("c"))
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

// The time that a clock runs through twice is the second run's, in a backend that
// keeps the last value; one that adds up gets both.
func TestATimeThatComesTwice(t *testing.T) {
	for _, limit := range []int{0, 1000} { // of the memory of what was sent
		synctest.Test(t, func(t *testing.T) {
			adding, keeping := memory.New(), memory.New(overwrites())
			r := ticking(t, nil, adding, keeping)
			flush.LimitMemory(r.Flusher, limit)
			c, d := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindCount, "d")
			r.src.at(sec(300), shard.Timed{ID: d, N: 1}) // of the future, and sent
			r.flushAll()
			for range 10 {
				r.src.count(c, 100)
				time.Sleep(10 * time.Second)
			}
			time.Sleep(5 * time.Second)
			r.clock.set(begin.Add(5 * time.Second))
			for range 10 {
				r.src.count(c, 1)
				time.Sleep(10 * time.Second)
			}
			r.src.at(sec(300), shard.Timed{ID: d, N: 2})
			r.flushAll()
			assert.Equal(t, 1010.0, adding.Sum("c"))
			last := map[int64]float64{}
			for _, s := range keeping.Series() {
				if s.Name == "c" {
					last[s.Points[0].Unix-begin.Unix()] = s.Points[0].Value
				}
			}
			for start := int64(10); start < 100; start += 10 {
				assert.Equal(t, 1.0, last[start], "bucket %d", start)
			}
			assert.Equal(t, 3.0, keeping.Sum("d"), "what was ahead of both stays whole")
		})
	}
}

// Wherever the clock is set, each submission arrives once, and the flusher goes on
// at the boundaries of the new time.
func TestAClockThatIsSetAnywhere(t *testing.T) {
	for name, to := range map[string]time.Time{
		"an hour ahead":    begin.Add(time.Hour + 12*time.Second),
		"an hour back":     begin.Add(-time.Hour + 12*time.Second),
		"a moment back":    begin.Add(12 * time.Second),
		"over a boundary":  begin.Add(9 * time.Second),
		"before the epoch": time.Unix(-86400*365, 3),
		"the epoch":        time.Unix(0, 0),
		"2106":             time.Unix(1<<32-5, 999_999_999),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				r := ticking(t, func(c *flush.Config) { c.Jitter = time.Second }, m)
				c := r.cat.add(transport.KindCount, "c")
				busy(r, c, 12)
				r.clock.set(to)
				busy(r, c, 30)
				time.Sleep(15 * time.Second)
				assert.Equal(t, 42.0, m.Sum("c"))
				swaps := r.src.swapTimes()
				assert.LessOrEqual(t, len(swaps), 7, "in 58 seconds")
				for i, at := range swaps {
					assert.True(t, at.Unix()%10 == 0 || i == 1, "swap %d is at %v", i, at)
				}
				parts := map[int64]int{}
				for _, s := range m.Series() {
					assert.Zero(t, s.Points[0].Unix%10)
					parts[s.Points[0].Unix]++
				}
				assert.LessOrEqual(t, len(parts), 6)
			})
		})
	}
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

// What was sent while a clock was ahead does not make gauges late, nor hold totals
// up, when it was set right.
func TestRunningTotalsAfterAClockWasAhead(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, nil, m)
	count, gauge := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindGauge, "g")
	for _, ahead := range []time.Duration{time.Hour, 0} {
		r.clock.set(begin.Add(ahead + 5*time.Second))
		r.src.count(count, 3)
		r.src.gauge(gauge, 7)
		r.flushAll()
	}
	assert.Equal(t, []string{"c@3600=3", "g@3600=7", "c@0=6", "g@0=7"}, arrived(m))
	assert.Empty(t, r.book(0).Dropped)
}
