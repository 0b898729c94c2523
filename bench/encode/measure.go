package encode

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/transport"
)

// Encoder puts one batch onto a wire, again and again.
type Encoder struct {
	// Encode puts the whole batch onto the wire.
	Encode func() error
	// Bytes does the same and returns how many bytes that were.
	Bytes func() (int64, error)
	// Again only hands over what the last Bytes has seen.
	Again func() error
	// Close ends what the encoder has started.
	Close func() error
}

// Subject is one encoder of a case.
type Subject struct {
	Name string
	// Note says what this one does more or less than ours; "" for ours.
	Note string
	// New makes the encoder of a batch of these series.
	New func([]transport.Series) (*Encoder, error)
}

// Case is one kind of series on one wire.
type Case struct {
	Wire    string
	Kind    transport.Kind
	Series  int
	Samples int     // of each, if they have any
	GoalNS  float64 // the largest cost of a series with ours; 0: none was set
	// Subjects are ours, first, and the peers.
	Subjects []Subject
}

// Plan says how much is measured.
type Plan struct{ Rounds int }

// Standard takes about two minutes.
var Standard = Plan{Rounds: 300}

// Cost is what one subject was found to cost.
type Cost struct {
	Subject string
	Note    string
	NS      []float64 // per series, by round, without that of handing over
	Over    []float64 // per series, by round, of handing over
	Bytes   float64   // per series
	Allocs  float64   // per series, what a request costs taken off
}

// MedianNS is the cost of one series: the median over the rounds.
func (c *Cost) MedianNS() float64 { return sample.Median(c.NS) }

// Result is what one case was found to cost. The first cost is ours.
type Result struct {
	Case  Case
	Costs []Cost
}

// Met reports whether ours reached the goal; true if there is none.
func (r *Result) Met() bool {
	return r.Case.GoalNS == 0 || r.Costs[0].MedianNS() <= r.Case.GoalNS && r.Costs[0].Allocs == 0
}

// Measure runs one case, its subjects by turns.
func Measure(c Case, plan Plan) (r Result, err error) {
	r.Case = c
	series := Series(c.Kind, c.Series, c.Samples)
	var all []*Encoder
	defer func() {
		for _, e := range all {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, s := range c.Subjects {
		e, err := s.New(series)
		if err != nil {
			return r, fmt.Errorf("%s of %s: %w", s.Name, c.Wire, err)
		}
		all = append(all, e)
		cost := Cost{Subject: s.Name, Note: s.Note}
		bytes, err := e.Bytes()
		if err != nil {
			return r, fmt.Errorf("%s of %s: %w", s.Name, c.Wire, err)
		}
		cost.Bytes = float64(bytes) / float64(c.Series)
		if cost.Allocs, err = allocsPerSeries(s, e, series); err != nil {
			return r, fmt.Errorf("%s of %s: %w", s.Name, c.Wire, err)
		}
		r.Costs = append(r.Costs, cost)
	}
	for round := range plan.Rounds {
		for k := range all {
			i := (round + k) % len(all) // each comes after each other one as often
			took, over, err := timed(all[i])
			if err != nil {
				return r, fmt.Errorf("%s of %s: %w", c.Subjects[i].Name, c.Wire, err)
			}
			cost := &r.Costs[i]
			cost.NS = append(cost.NS, float64(took-over)/float64(c.Series))
			cost.Over = append(cost.Over, float64(over)/float64(c.Series))
		}
	}
	return r, nil
}

// timed returns what a batch takes, and what handing it over takes alone.
func timed(e *Encoder) (took, over time.Duration, err error) {
	start := time.Now()
	err = e.Encode()
	took = time.Since(start)
	start = time.Now()
	err = errors.Join(err, e.Again())
	return took, time.Since(start), err
}

// allocsPerSeries returns the heap allocations that a further series costs: those of
// a batch less those of one of a tenth of its size. e is the encoder of all series.
func allocsPerSeries(s Subject, e *Encoder, series []transport.Series) (float64, error) {
	few := series[:len(series)/10]
	small, err := s.New(few)
	if err != nil {
		return 0, err
	}
	atAll, err := allocs(e)
	if err != nil {
		return 0, errors.Join(err, small.Close())
	}
	atFew, err := allocs(small)
	if err := errors.Join(err, small.Close()); err != nil {
		return 0, err
	}
	each := (atAll - atFew) / float64(len(series)-len(few))
	if each < 0.05 { // requests, and what the runtime does meanwhile
		return 0, nil
	}
	return each, nil
}

// allocs returns the allocations of one Encode in a steady state: the smallest
// number of several runs, since a collection in between makes pools start anew.
func allocs(e *Encoder) (float64, error) {
	least := -1.0
	for range 8 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := e.Encode()
		runtime.ReadMemStats(&after)
		if err != nil {
			return 0, err
		}
		if n := float64(after.Mallocs - before.Mallocs); least < 0 || n < least {
			least = n
		}
	}
	return least, nil
}
