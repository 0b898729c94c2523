package hotpath

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/shard"
)

// Drain is what draining touched counters was found to cost.
type Drain struct {
	Series   int
	Shards   int
	GoalNS   float64   // largest cost per series
	PerNS    []float64 // per series, by round
	Allocs   float64   // per drain, in steady state
	Drained  uint64    // sum of all that was drained
	Expected uint64    // sum of all that was added
}

// NS is the median cost of one series.
func (d *Drain) NS() float64 { return sample.Median(d.PerNS) }

// Met reports whether the goal was reached.
func (d *Drain) Met() bool { return d.NS() <= d.GoalNS && d.Allocs == 0 && d.Drained == d.Expected }

// pagesPerDrain is how many pages of counters a drain prepares at most.
const pagesPerDrain = 64

// MeasureDrain touches every one of series counters from two goroutines and
// drains them, again and again.
func MeasureDrain(series, rounds int) Drain {
	const shards = 2
	store := shard.New(shard.Config{
		Shards: shards, ReservoirSize: 1000, DistributionValues: 4096,
		SetMembers: 10_000, TimedBytes: 1 << 20, Seed: 1, Wake: func() {},
	})
	refs := make([]shard.Ref, series)
	for i := range refs {
		refs[i], _ = store.Alloc(shard.ClassCounter)
	}
	add := func(int) {
		for _, ref := range refs {
			ref.Add(1)
		}
	}
	d := Drain{Series: series, Shards: shards, GoalNS: 100}
	found := new(adder)
	now := int64(1)
	var before, after runtime.MemStats
	var mallocs uint64
	// Each drain prepares a bounded number of pages, so it takes some until every
	// row has one in both shards: the steady state.
	warm := 5 + shards*series/(shard.RowSlots*pagesPerDrain)
	for round := range rounds + warm {
		sideBySide(add, add, 1) // at the same time, so on two processors
		d.Expected += uint64(shards * series)
		runtime.ReadMemStats(&before)
		start := time.Now()
		store.Swap()
		store.Drain(now, found)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		now++
		if round >= warm {
			d.PerNS = append(d.PerNS, float64(took)/float64(series))
			mallocs += after.Mallocs - before.Mallocs
		}
	}
	d.Allocs = float64(mallocs) / float64(rounds)
	d.Drained = found.sum
	return d
}

// adder is a visitor that adds up counters: the least that a flusher can do.
type adder struct {
	shard.Visitor
	sum uint64
}

func (a *adder) Count(_ shard.ID, n int64, _ float64) { a.sum += uint64(n) }
