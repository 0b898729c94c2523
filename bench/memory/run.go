package memory

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/peers"
)

// Plan says what is measured.
type Plan struct {
	Series       []int // ascending
	Kinds        []Kind
	Observations []int // of a histogram in an interval, ascending
	// Shards are what ours is measured with besides, counters only: cells for many
	// processors, of which the machine's touch a series. The first is what the others
	// are compared with.
	Shards []int
	// Only names the libraries, in their order; nil: all.
	Only     []string
	LongTags bool
	// Profile is a folder for a heap profile of each case; "": none.
	Profile string
	// Budget is for all cases, the small ones first; what it does not reach is left
	// out. A case that would take more processor time than Longest, or more than half
	// of the memory that the machine has to give, is left out too.
	Budget, Longest time.Duration
}

// Standard takes up to a quarter of an hour, most of it for 1,000,000 series.
var Standard = Plan{
	Series: []int{1000, 100_000, 1_000_000}, Kinds: []Kind{Counter, Gauge, Histogram}, Observations: []int{1, 100, 1000},
	Shards: []int{2, 64}, Budget: 15 * time.Minute, Longest: time.Minute,
}

func (p *Plan) check() error {
	var errs []error
	if len(p.Series) == 0 || !slices.IsSorted(p.Series) {
		errs = append(errs, fmt.Errorf("memory: numbers of series %v: give some, the smallest first", p.Series))
	}
	if len(p.Kinds) == 0 || slices.Contains(p.Kinds, Histogram) && len(p.Observations) == 0 {
		errs = append(errs, fmt.Errorf("memory: kinds %q, observations of histograms %v: give some of both", p.Kinds, p.Observations))
	}
	if p.Budget <= 0 || p.Longest <= 0 {
		errs = append(errs, fmt.Errorf("memory: budget %v, longest case %v: give more than 0", p.Budget, p.Longest))
	}
	for _, c := range p.rows(nil) {
		c.Series = 2
		errs = append(errs, c.check())
	}
	return errors.Join(errs...)
}

// rows are the rows of the tables: cases without a number of series.
func (p *Plan) rows(libraries []string) (rows []Case) {
	for _, kind := range p.Kinds {
		observations := []int{0}
		if kind == Histogram {
			observations = p.Observations
		}
		for _, o := range observations {
			for _, l := range libraries {
				rows = append(rows, Case{Library: l, Kind: kind, Observations: o, LongTags: p.LongTags})
			}
			if len(libraries) == 0 {
				rows = append(rows, Case{Kind: kind, Observations: o})
			}
		}
	}
	if slices.Contains(p.Kinds, Counter) && slices.Contains(libraries, Ours) {
		for _, s := range p.Shards {
			rows = append(rows, Case{Library: Ours, Kind: Counter, Shards: s, LongTags: p.LongTags})
		}
	}
	return rows
}

// Result is one run.
type Result struct {
	Machine []string
	Plan    Plan
	Rows    []Case         // without a number of series
	Costs   map[Case]*Cost // what was measured, and what was left out
}

// Run measures what the plan says, each case in a process of its own. progress, if
// not nil, is told before each case how many there have been.
func Run(ctx context.Context, plan Plan, libraries []peers.Library, progress func(done, total int, what string)) (*Result, error) {
	if err := plan.check(); err != nil {
		return nil, err
	}
	names, err := plan.choose(libraries)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int, int, string) {}
	}
	r := &Result{Machine: machine.Describe(), Plan: plan, Rows: plan.rows(names), Costs: map[Case]*Cost{}}
	end := time.Now().Add(plan.Budget)
	done := 0
	for at, n := range plan.Series {
		for _, c := range r.Rows {
			c.Series = n
			progress(done, len(plan.Series)*len(r.Rows), c.String())
			done++
			cost := Cost{Case: c, Skipped: r.tooMuch(c, at)}
			if cost.Skipped == "" && time.Now().After(end) {
				cost.Skipped = fmt.Sprintf("the budget of %v was used up", plan.Budget)
			}
			if cost.Skipped == "" {
				profiled := c
				profiled.Profile = plan.profile(c)
				if cost, err = InChild(ctx, profiled); err != nil {
					return nil, err
				}
			}
			r.Costs[c] = &cost
		}
	}
	return r, nil
}

// profile returns where the profile of a case goes.
func (p *Plan) profile(c Case) string {
	if p.Profile == "" {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, c.String())
	return filepath.Join(p.Profile, name+".pprof")
}

// choose returns the names of the plan's libraries.
func (p *Plan) choose(libraries []peers.Library) (names []string, err error) {
	for _, l := range libraries {
		names = append(names, l.Name)
	}
	for _, name := range p.Only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("memory: no library %q: give some of %q", name, names)
		}
	}
	if p.Only != nil {
		return p.Only, nil
	}
	return names, nil
}

// tooMuch says why a case is left out, judged by the same with the number of series
// before; "" if it is not.
func (r *Result) tooMuch(c Case, at int) string {
	if at == 0 {
		return ""
	}
	less := c
	less.Series = r.Plan.Series[at-1]
	before := r.Costs[less]
	if before.Skipped != "" {
		return before.Skipped
	}
	times := float64(c.Series) / float64(less.Series)
	if seconds := before.Seconds * times; seconds > r.Plan.Longest.Seconds() {
		return fmt.Sprintf("it would take about %.0f s of processor time", seconds)
	}
	// A heap in use is up to twice what lives on it.
	need := 2 * before.Full * float64(c.Series)
	if have := float64(availableBytes()); have > 0 && need > have/2 {
		return fmt.Sprintf("it would take up to %.1f GB", need/1e9)
	}
	return ""
}
