package scaling

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/stats"
)

// FlushPlan says which flushes are measured.
type FlushPlan struct {
	Series    []int
	Shards    []int // powers of two
	Fractions []float64
	Wires     []Wire
	Rounds    int // of each; 0: as many as make 2,000,000 touched series, 5 to 50
}

// StandardFlush takes about two minutes and 3 GB.
var StandardFlush = FlushPlan{
	Series:    []int{1000, 10_000, 100_000, 1_000_000},
	Shards:    []int{1, 2, 8, 64},
	Fractions: []float64{1, 0.1, 0},
	Wires:     Wires(),
}

// FlushCost is what one kind of flush was found to cost.
type FlushCost struct {
	Wire    Wire
	Series  int       // live
	Shards  int       // each of them has cells of every series
	Touched int       // since the flush before, from every shard
	NS      []float64 // of a flush, by round
	Bytes   float64   // sent per touched series
}

// PerTouched returns the cost of a touched series, by round; nil if none was.
func (c *FlushCost) PerTouched() []float64 {
	if c.Touched == 0 {
		return nil
	}
	per := make([]float64, len(c.NS))
	for i, ns := range c.NS {
		per[i] = ns / float64(c.Touched)
	}
	return per
}

// median is what a flush takes: the median over the rounds.
func (c *FlushCost) median() float64 { return sample.Median(c.NS) }

// Met reports whether the goal was reached; true if there is none, or nothing was
// touched. It was set for one or two shards: more have more cells to look at.
func (c *FlushCost) Met() bool {
	return c.Wire.GoalNS == 0 || c.Touched == 0 || sample.Median(c.PerTouched()) <= c.Wire.GoalNS
}

// settle is how many flushes go before those that are measured: by then buckets
// of the same size are kept for late points, given up, and used again.
const settle = 4

// rounds returns how often a flush of so many touched series is measured.
func (p *FlushPlan) rounds(touched int) int {
	if p.Rounds > 0 {
		return p.Rounds
	}
	return min(max(2_000_000/max(touched, 1), 5), 50)
}

// MeasureFlush runs the plan and calls tell with each cost as it is known.
func MeasureFlush(plan FlushPlan, tell func(*FlushCost)) ([]FlushCost, error) {
	var all []FlushCost
	for _, series := range plan.Series {
		for _, shards := range plan.Shards {
			for _, wire := range plan.Wires {
				if wire.Shards != 0 && wire.Shards != shards {
					continue
				}
				costs, err := plan.measure(wire, series, shards, tell)
				if err != nil {
					return nil, fmt.Errorf("%d series in %d shards, %s: %w", series, shards, wire.Name, err)
				}
				all = append(all, costs...)
				runtime.GC() // the next client starts on a heap without this one
			}
		}
	}
	return all, nil
}

// measure runs the flushes of one client.
func (p *FlushPlan) measure(wire Wire, series, shards int, tell func(*FlushCost)) (costs []FlushCost, err error) {
	m, err := newMeter(wire, series, shards)
	if err != nil {
		return nil, err
	}
	defer m.close(&err)
	for _, fraction := range p.Fractions {
		cost := FlushCost{Wire: wire, Series: series, Shards: shards, Touched: m.herd.touched(fraction)}
		rounds := p.rounds(cost.Touched)
		var sent int64
		for round := range settle + rounds {
			m.herd.touch(fraction)
			before := m.sent()
			took, err := m.flush(cost.Touched)
			if err != nil {
				return nil, err
			}
			if round >= settle {
				cost.NS = append(cost.NS, float64(took))
				sent += m.sent() - before
			}
		}
		if cost.Touched > 0 {
			cost.Bytes = float64(sent) / float64(rounds*cost.Touched)
		}
		tell(&cost)
		costs = append(costs, cost)
	}
	return costs, nil
}

// meter is a client under measurement.
type meter struct {
	client *stats.Client
	clock  *steps
	herd   *herd
	sent   func() int64
}

func newMeter(wire Wire, series, shards int) (*meter, error) {
	t, sent, err := wire.New()
	if err != nil {
		return nil, err
	}
	m := &meter{clock: newSteps(), sent: sent}
	m.client, err = stats.New(
		stats.WithTransport(t, stats.Queue(1<<20, 1<<30)), // nothing is dropped, however late the sender gets its turn
		// The flusher runs, to prepare cells, but its ticks are an hour apart.
		stats.WithFlushInterval(rollup), stats.WithRollupInterval(rollup),
		stats.WithShards(shards),
		stats.WithSeriesLimit(series+1),
		stats.WithIdleExpiry(1000*time.Hour),
		stats.WithClock(m.clock),
	)
	if err != nil {
		return nil, err
	}
	m.herd = newHerd(m.client, series, shards)
	if err := m.herd.fill(); err != nil {
		m.close(&err)
		return nil, err
	}
	m.herd.touch(1)
	_, err = m.flush(series) // takes what fill has left behind, too
	if err != nil {
		m.close(&err)
		return nil, err
	}
	return m, nil
}

func (m *meter) close(err *error) {
	if e := m.client.Close(); *err == nil {
		*err = e
	}
}

// flush returns what one flush takes on one processor. It has to deliver a point
// of each touched series, or the figure would be that of something else.
func (m *meter) flush(touched int) (took time.Duration, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	m.clock.next()
	before := m.delivered()
	pprof.Do(context.Background(), pprof.Labels("part", "flush"), func(ctx context.Context) {
		start := time.Now()
		err = m.client.Flush(ctx)
		took = time.Since(start)
	})
	if got := m.delivered() - before; err == nil && got != uint64(touched) {
		err = fmt.Errorf("scaling: a flush delivered %d points of %d touched series", got, touched)
	}
	return took, err
}

func (m *meter) delivered() uint64 { return m.client.Ledger().Transports[0].Delivered }

// steps is a clock that goes on by one roll-up at a time, so that each flush is of
// a bucket of its own however quickly they follow one another.
type steps struct{ hours atomic.Int64 }

const rollup = time.Hour

// newSteps starts far enough back that it does not come into the future.
func newSteps() *steps {
	s := new(steps)
	s.hours.Store(time.Now().Unix()/3600 - 1000)
	return s
}

// Now implements stats.Clock.
func (s *steps) Now() time.Time { return time.Unix(s.hours.Load()*3600, 0) }

func (s *steps) next() { s.hours.Add(1) }
