package hotpath

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// Plan says how much is measured.
type Plan struct {
	Rounds int // for each workload
	Ops    int // in each round
}

// Standard takes about half a minute.
var Standard = Plan{Rounds: 400, Ops: 20_000}

// Cost is what one workload was found to cost.
type Cost struct {
	Workload Workload
	UnitNS   float64   // median of U in the rounds of this workload
	NS       float64   // median of one submission, Baseline taken off
	BaseNS   float64   // median of Baseline; 0 without one
	Ratios   []float64 // of NS to U, by round
	Rounds   []float64 // of NS, by round
	Allocs   float64   // per submission
}

// Ratio is the cost in U: the median over the rounds.
func (c *Cost) Ratio() float64 { return sample.Median(c.Ratios) }

// Met reports whether the goal was reached; true if there is none.
func (c *Cost) Met() bool {
	return (c.Workload.Goal == 0 || c.Ratio() <= c.Workload.Goal) && c.Allocs == 0
}

// NewClient returns a client that sends nowhere and flushes when told.
func NewClient() (*stats.Client, error) {
	return stats.New(stats.WithTransport(discard.New()), stats.WithManualFlush())
}

// Measure runs one workload.
func Measure(w Workload, plan Plan) (Cost, error) {
	client, err := NewClient()
	if err != nil {
		return Cost{}, err
	}
	defer client.Close()
	unit, submit, base := Unit(), w.New(client), func(int) {}
	if w.Baseline != nil {
		base = w.Baseline()
	}
	for _, f := range []func(int){unit, submit, base} {
		f(plan.Ops) // first sight of the series, and warm caches
	}
	// A flush between rounds does what the flusher does in the background: it
	// prepares pages for the shards that came to be used, and tidies the table.
	flush := func() error { return client.Flush(context.Background()) }
	if err := flush(); err != nil {
		return Cost{}, err
	}
	cost := Cost{Workload: w, Allocs: allocs(submit, plan.Ops)}
	var units, submits, bases []float64
	for round := range plan.Rounds {
		if round%50 == 0 {
			if err := flush(); err != nil {
				return Cost{}, err
			}
			submit(plan.Ops) // the caches, and the reservoirs past their start
		}
		u, s, b := timed(unit, plan.Ops), timed(submit, plan.Ops), 0.0
		if w.Baseline != nil {
			b = timed(base, plan.Ops)
		}
		units, submits, bases = append(units, u), append(submits, s-b), append(bases, b)
		cost.Ratios = append(cost.Ratios, (s-b)/u)
	}
	cost.Rounds = submits
	cost.UnitNS, cost.NS, cost.BaseNS = sample.Median(units), sample.Median(submits), sample.Median(bases)
	return cost, nil
}

// timed returns nanoseconds per operation.
func timed(f func(int), ops int) float64 {
	start := time.Now()
	f(ops)
	return float64(time.Since(start)) / float64(ops)
}

// allocs returns heap allocations per operation.
func allocs(f func(int), ops int) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f(ops)
	runtime.ReadMemStats(&after)
	// ReadMemStats itself may allocate a little the first time.
	if n := after.Mallocs - before.Mallocs; n > 8 {
		return float64(n) / float64(ops)
	}
	return 0
}

// Throughput is how much more two goroutines get done than one.
type Throughput struct {
	Workload Workload
	Goal     float64   // smallest ratio
	Ratios   []float64 // of the workload, by round
	Machine  []float64 // of atomic adds, a word each, in the same rounds
}

// Ratio is the median over the rounds.
func (t *Throughput) Ratio() float64 { return sample.Median(t.Ratios) }

// Possible reports whether the machine gave two goroutines two processors: with
// neighbours on it, it may not, and then the ratio says nothing.
func (t *Throughput) Possible() bool { return sample.Median(t.Machine) >= 0.9*t.Goal }

// Met reports whether the goal was reached.
func (t *Throughput) Met() bool { return t.Ratio() >= t.Goal }

// MeasureThroughput runs one workload in one goroutine and in two.
func MeasureThroughput(w Workload, plan Plan) (Throughput, error) {
	client, err := NewClient()
	if err != nil {
		return Throughput{}, err
	}
	defer client.Close()
	submit, unit, other := w.New(client), Unit(), Unit()
	// Both processors meet the series, and the flush prepares pages for them.
	sideBySide(submit, submit, plan.Ops)
	if err := client.Flush(context.Background()); err != nil {
		return Throughput{}, err
	}
	// Rounds are ten times as long as those of one goroutine, to make little of
	// the microseconds by which one of the two starts late.
	ops := 10 * plan.Ops
	t := Throughput{Workload: w, Goal: 1.9}
	for range max(1, plan.Rounds/4) {
		t.Machine = append(t.Machine, 2*timed(unit, ops)/sideBySide(unit, other, ops))
		t.Ratios = append(t.Ratios, 2*timed(submit, ops)/sideBySide(submit, submit, ops))
	}
	return t, nil
}

// sideBySide returns nanoseconds per operation of each of two goroutines that
// start together, until the slower one has ended.
func sideBySide(a, b func(int), ops int) float64 {
	var ready atomic.Int32
	var start time.Time
	var wg sync.WaitGroup
	for i, f := range []func(int){a, b} {
		wg.Go(func() {
			ready.Add(1)
			for ready.Load() < 2 { // spin: both must have a processor before either starts
			}
			if i == 0 {
				start = time.Now()
			}
			f(ops)
		})
	}
	wg.Wait()
	return float64(time.Since(start)) / float64(ops)
}
