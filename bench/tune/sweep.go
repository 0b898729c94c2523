package tune

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/shardstats/shardstats/bench/sample"
)

// Plan says how much is measured.
type Plan struct {
	Budget time.Duration // of all; it is exceeded if the least amount takes longer
	Round  time.Duration // of one setting; some milliseconds
	Blocks int           // fewer if time is short, and never fewer than a decision needs
	Rounds int           // of a block, at least
	Probes int           // of the accuracy of each reservoir size, 16 histograms each
	Plant  *Plant        // nil: none
	Rule   Rule
	Limits Limits
}

// Standard takes two minutes.
var Standard = Plan{
	Budget: 2 * time.Minute, Round: 4 * time.Millisecond, Blocks: 12, Rounds: 5, Probes: 8, Rule: DefaultRule, Limits: DefaultLimits,
}

// Progress is how far a run is.
type Progress struct {
	Stage string
	Done  float64 // 0 to 1, of all stages
	Left  time.Duration
}

// Measured is what one setting was measured at.
type Measured struct {
	Setting Setting
	Value   int // of the option that is compared
	Rounds  Rounds
	FlushNS []float64 // of all series, each touched; by block
	Heap    []float64 // bytes per series, by block
	Fixed   []float64 // bytes of a client without series, by block
	latency *hdr.Histogram
}

// sweeper compares settings.
type sweeper struct {
	plan       Plan
	load       load
	goroutines int
	random     *rand.Rand
	tell       func(Progress)
	began      time.Time
	stage      string
	from, to   float64 // the part of the run that the stage is
}

// enter begins a stage that ends when this part of the run is done.
func (s *sweeper) enter(stage string, to float64) {
	s.stage, s.from, s.to = stage, s.to, to
	s.progress(0)
}

// progress tells how much of the stage is done.
func (s *sweeper) progress(done float64) {
	if s.tell == nil {
		return
	}
	all := s.from + (s.to-s.from)*min(1, done)
	s.tell(Progress{Stage: s.stage, Done: all, Left: left(time.Since(s.began), s.plan.Budget, all)})
}

// left is the time that the rest takes: what is left of the budget at first, and
// then as long as the part that is done took, in proportion, for there are workloads
// that no budget is enough for.
func left(took, budget time.Duration, done float64) time.Duration {
	if done < 0.1 {
		return max(0, budget-took)
	}
	return time.Duration(float64(took) * (1 - done) / done)
}

// flushesPerBlock is how many flushes of all series are timed in each block.
const flushesPerBlock = 3

// latencyRounds is how many rounds' worth of submissions are timed one by one.
const latencyRounds = 3

// compare measures settings side by side within a time. value returns what is
// compared, and option its name.
func (s *sweeper) compare(ctx context.Context, option string, settings []Setting, value func(Setting) int, within time.Duration) ([]Measured, error) {
	all := make([]Measured, len(settings))
	for i, setting := range settings {
		all[i] = Measured{Setting: setting, Value: value(setting), latency: newHistogram()}
	}
	ops, err := s.calibrate(ctx, settings[0])
	if err != nil {
		return nil, err
	}
	least := MinBlocks(len(settings), s.plan.Rule)
	blocks := max(s.plan.Blocks, least)
	began := time.Now()
	for b := range blocks {
		if b >= least && time.Since(began) >= within {
			break // making the clients takes most of the time
		}
		end := began.Add(within * time.Duration(b+1) / time.Duration(blocks))
		done := func(part float64) {
			byTime := float64(time.Since(began)) / float64(max(within, 1))
			s.progress(max((float64(b)+part)/float64(blocks), min(byTime, float64(b+1)/float64(least))))
		}
		if err := s.block(ctx, option, all, ops, end, done); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// calibrate returns how many submissions of each goroutine make up one round.
func (s *sweeper) calibrate(ctx context.Context, setting Setting) (int, error) {
	ops := 1000
	sub, err := newSubject(ctx, s.load, s.goroutines, setting, ops)
	if err != nil {
		return 0, err
	}
	var rounds []float64
	for range 9 {
		rounds = append(rounds, sub.round(ops)*float64(s.goroutines))
	}
	return max(100, int(float64(s.plan.Round)/max(1, sample.Median(rounds)))), sub.client.Shutdown(ctx)
}

// block makes a client for each setting and lets them take turns until end.
func (s *sweeper) block(ctx context.Context, option string, all []Measured, ops int, end time.Time, done func(float64)) (err error) {
	began := time.Now()
	subjects := make([]*subject, len(all))
	defer func() {
		for _, sub := range subjects {
			if sub != nil {
				if e := sub.client.Shutdown(context.WithoutCancel(ctx)); err == nil {
					err = e
				}
			}
		}
	}()
	for _, i := range s.random.Perm(len(all)) {
		sub, err := newSubject(ctx, s.load, s.goroutines, all[i].Setting, ops)
		if err != nil {
			return fmt.Errorf("tune: %s %d: %w", option, all[i].Value, err)
		}
		sub.slower = s.plan.Plant.on(option, all[i].Value)
		subjects[i] = sub
		all[i].Heap = append(all[i].Heap, sub.heap)
		all[i].Fixed = append(all[i].Fixed, sub.fixed)
		all[i].Rounds = append(all[i].Rounds, nil)
	}
	if err := s.extras(ctx, all, subjects, ops); err != nil {
		return err
	}
	for round := 0; round < s.plan.Rounds || time.Now().Before(end); round++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, i := range s.random.Perm(len(all)) {
			if err := subjects[i].settle(ctx); err != nil {
				return err
			}
			subjects[i].round(ops / 8) // its part of the caches comes back
			last := len(all[i].Rounds) - 1
			all[i].Rounds[last] = append(all[i].Rounds[last], subjects[i].round(ops))
		}
		if spent, span := time.Since(began), end.Sub(began); span > 0 {
			done(min(1, float64(spent)/float64(span)))
		}
	}
	for _, sub := range subjects {
		if err := sub.refused(); err != nil {
			return err
		}
	}
	return nil
}

// extras measures what does not decide about shards: latencies and flushes.
func (s *sweeper) extras(ctx context.Context, all []Measured, subjects []*subject, ops int) error {
	for _, i := range s.random.Perm(len(all)) {
		if err := subjects[i].latencies(ctx, latencyRounds*ops/2, all[i].latency); err != nil {
			return err
		}
		var flushes []float64
		for range flushesPerBlock {
			took, err := subjects[i].flush(ctx)
			if err != nil {
				return err
			}
			flushes = append(flushes, float64(took))
		}
		all[i].FlushNS = append(all[i].FlushNS, sample.Median(flushes))
	}
	return nil
}

// candidates are what a decision is made from.
func candidates(all []Measured) []Candidate {
	cs := make([]Candidate, len(all))
	for i := range all {
		cs[i] = Candidate{Value: all[i].Value, Rounds: all[i].Rounds}
	}
	return cs
}
