package latency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/shardstats/shardstats/bench/child"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/peers"
)

// Plan says how much is measured.
type Plan struct {
	Series int
	Rounds int
	// Budget is what all turns together are to take, beside making the libraries
	// ready: a turn gets its share of it, but LeastTurn at least.
	Budget     time.Duration
	LeastTurn  time.Duration
	Goroutines []int
	Pause      time.Duration // between flushes, where there are pauses
	// Only names the libraries, in their order; nil: all that take a name and tags.
	Only []string
}

// Standard takes about three minutes. Percentile 99.99 needs 100,000 times, so turns
// must not be too short.
var Standard = Plan{
	Series: 100_000, Rounds: 5, Budget: 2 * time.Minute, LeastTurn: 100 * time.Millisecond,
	Goroutines: []int{1, 2}, Pause: 50 * time.Millisecond,
}

func (p *Plan) check() error {
	var errs []error
	if p.Series < 1 || p.Rounds < 1 || len(p.Goroutines) == 0 {
		errs = append(errs, fmt.Errorf("latency: %d series, %d rounds, goroutines %v: give 1 or more of each", p.Series, p.Rounds, p.Goroutines))
	}
	for _, g := range p.Goroutines {
		if g < 1 || g > maxGoroutines {
			errs = append(errs, fmt.Errorf("latency: %d goroutines: give 1 to %d", g, maxGoroutines))
		}
	}
	if p.Budget <= 0 || p.LeastTurn <= 0 || p.Pause <= 0 {
		errs = append(errs, fmt.Errorf("latency: budget %v, least turn %v, pause %v: give more than 0", p.Budget, p.LeastTurn, p.Pause))
	}
	return errors.Join(errs...)
}

// Cell is one way, one state and one number of goroutines of one library.
type Cell struct {
	Library    string
	Way        Way
	Goroutines int
	State      State
}

// Found is what was measured of a cell.
type Found struct {
	Cell
	Rounds  []*Samples
	All     Samples // of all rounds
	NS      int64
	Flushes int64
	FlushNS int64
}

// Result is one run.
type Result struct {
	Machine []string
	Plan    Plan
	Turn    time.Duration
	StepNS  int64    // of the clock
	Found   []*Found // by way, goroutines, library, state
}

// settings are what each library is measured in. Those of one way stand together.
func (p *Plan) settings() (all []Cell) {
	for _, way := range []Way{ByName, Bound} {
		for _, g := range p.Goroutines {
			for _, state := range []State{Quiet, Paced, BackToBack} {
				all = append(all, Cell{Way: way, Goroutines: g, State: state})
			}
		}
	}
	return all
}

// choose returns the libraries of the plan.
func (p *Plan) choose(libraries []peers.Library) ([]peers.Library, error) {
	var chosen []peers.Library
	if p.Only == nil {
		for _, l := range libraries {
			takes, err := takesNames(l)
			if err != nil {
				return nil, err
			}
			if takes {
				chosen = append(chosen, l)
			}
		}
		return chosen, nil
	}
	var names []string
	for _, l := range libraries {
		names = append(names, l.Name)
	}
next:
	for _, name := range p.Only {
		for _, l := range libraries {
			if l.Name == name {
				chosen = append(chosen, l)
				continue next
			}
		}
		return nil, fmt.Errorf("latency: no library %q: give some of %q", name, names)
	}
	return chosen, nil
}

// takesNames reports whether submissions of l can name a series, and l can flush:
// what cannot is a part of a library, and its latency no answer to the same question.
func takesNames(l peers.Library) (bool, error) {
	if l.StandIn {
		return false, nil
	}
	session, err := l.New(io.Discard)
	if err != nil {
		return false, fmt.Errorf("latency: %s: %w", l.Name, err)
	}
	takes := session.Count != nil && session.Count(peers.Kept, peers.Over{Series: peers.NewSeriesSet(1)}) != nil
	return takes, session.Close()
}

// Run measures what the plan says, each library in a process of its own. progress,
// if not nil, is told before each turn how many there have been.
func Run(ctx context.Context, plan Plan, libraries []peers.Library, progress func(done, total int, what string)) (*Result, error) {
	if err := plan.check(); err != nil {
		return nil, err
	}
	chosen, err := plan.choose(libraries)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int, int, string) {}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	settings := plan.settings()
	total := plan.Rounds * len(chosen) * len(settings)
	r := &Result{Machine: machine.Describe(), Plan: plan, Turn: max(plan.LeastTurn, plan.Budget/time.Duration(max(1, total)))}
	cells := map[Cell]*Found{}
	for _, s := range settings {
		for _, l := range chosen {
			c := Cell{l.Name, s.Way, s.Goroutines, s.State}
			cells[c] = &Found{Cell: c}
		}
	}
	var processes []*child.Process
	defer func() {
		cancel()
		for _, p := range processes {
			_ = p.Close() // what was left when something failed
		}
	}()
	for range chosen {
		p, err := child.Start(ctx, childName)
		if err != nil {
			return nil, err
		}
		processes = append(processes, p)
	}
	r.StepNS = clockStep()
	done := 0
	for round := range plan.Rounds {
		order := rand.New(rand.NewPCG(1, uint64(round))).Perm(len(settings))
		for k, at := range order {
			s := settings[at]
			for j := range chosen {
				i := (j + round + k) % len(chosen) // each comes after each other one
				t := Turn{chosen[i].Name, plan.Series, s.Way, s.State, s.Goroutines, r.Turn, plan.Pause}
				progress(done, total, chosen[i].Name)
				done++
				m, err := child.Ask[Measured](processes[i], t)
				if err != nil {
					return nil, fmt.Errorf("%s, %s, %s: %w", t.Library, t.Way, t.State, errors.Join(err, context.Cause(ctx)))
				}
				if m.Samples != nil {
					cells[Cell{t.Library, t.Way, t.Goroutines, t.State}].add(&m)
				}
			}
		}
	}
	for _, p := range processes {
		if err := p.Close(); err != nil {
			return nil, err
		}
	}
	r.collect(chosen, settings, cells)
	return r, nil
}

func (f *Found) add(m *Measured) {
	f.Rounds = append(f.Rounds, m.Samples)
	f.All.Merge(m.Samples)
	f.NS += m.NS
	f.Flushes += m.Flushes
	f.FlushNS += m.FlushNS
}

// collect puts what was found in order.
func (r *Result) collect(chosen []peers.Library, settings []Cell, cells map[Cell]*Found) {
	for i := 0; i < len(settings); i += 3 { // the states of one way and number of goroutines
		for _, l := range chosen {
			for _, s := range settings[i : i+3] {
				f := cells[Cell{l.Name, s.Way, s.Goroutines, s.State}]
				if len(f.Rounds) > 0 {
					r.Found = append(r.Found, f)
				}
			}
		}
	}
}

// find returns what was found of a cell; nil if there is nothing.
func (r *Result) find(c Cell) *Found {
	for _, f := range r.Found {
		if f.Cell == c {
			return f
		}
	}
	return nil
}

// quantiles returns quantile q of the submissions, by round.
func (f *Found) quantiles(q float64) []float64 {
	rounds := make([]float64, len(f.Rounds))
	for i, s := range f.Rounds {
		rounds[i] = float64(s.Submit.Quantile(q))
	}
	return rounds
}
