package tune

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
)

// The parts of the budget.
const (
	partOfShards     = 0.6
	partOfReservoirs = 0.9 // up to there
)

// How often the flushes of each interval are simulated: as often as there is time
// for, within these.
const (
	leastSimulations = 4
	mostSimulations  = 9
)

// Run measures a workload and says what to use. tell, which may be nil, is called
// now and then from the same goroutine. Nothing else should run on the machine.
func Run(ctx context.Context, w Workload, plan Plan, tell func(Progress)) (*File, error) {
	if err := errors.Join(w.check(), plan.check()); err != nil {
		return nil, err
	}
	l, err := w.load()
	if err != nil {
		return nil, err
	}
	s := &sweeper{
		plan: plan, load: l, goroutines: w.Goroutines, tell: tell, began: time.Now(),
		random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)),
	}
	f := newFile(w, plan, l)
	f.Timer = percentiles(timerCost(200_000))
	setting := DefaultSetting()
	for _, stage := range []func(context.Context, *File, *Setting) error{s.shards, s.reservoirs, s.intervals} {
		if err := stage(ctx, f, &setting); err != nil {
			return nil, err
		}
	}
	f.Took = time.Since(s.began)
	s.enter("done", 1)
	return f, nil
}

// load makes a workload ready.
func (w *Workload) load() (load, error) {
	if w.Log != "" {
		return openLog(w.Log, w.Goroutines)
	}
	return newMixLoad(w), nil
}

func (p *Plan) check() error {
	var errs []error
	if p.Budget < 0 || p.Round <= 0 || p.Blocks < 1 || p.Rounds < 1 || p.Probes < 1 {
		errs = append(errs, fmt.Errorf("tune: budget %v, round %v, %d blocks of %d rounds, %d probes: give times above 0 and at least 1 block, 1 round and 1 probe", p.Budget, p.Round, p.Blocks, p.Rounds, p.Probes))
	}
	if !(p.Rule.MinGain >= 0 && p.Rule.MinGain < 1) || !(p.Rule.Confidence > 0 && p.Rule.Confidence < 1) {
		errs = append(errs, fmt.Errorf("tune: least gain %v at confidence %v: give a gain from 0 and a confidence between 0 and 1", p.Rule.MinGain, p.Rule.Confidence))
	}
	l := p.Limits
	if !(l.Quantile > 0 && l.Quantile < 1) || !(l.RankError > 0) || !(l.FlushCost > 0) || !(l.Held >= 0) {
		errs = append(errs, fmt.Errorf("tune: quantile %v within %v, flushes within %v of a processor and %v bytes: give a quantile between 0 and 1 and limits above 0", l.Quantile, l.RankError, l.FlushCost, l.Held))
	}
	if p.Plant != nil {
		if err := p.Plant.check(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check refuses to plant what is not measured: it would not be found.
func (p *Plant) check() error {
	measured := reservoirSweep
	if p.Option == "shards" {
		measured = shardSweep(runtime.GOMAXPROCS(0))
	}
	for _, v := range measured {
		if v == p.Value {
			return nil
		}
	}
	return fmt.Errorf("tune: plant %s: that setting is not among those compared, %v", p, measured)
}

// shards compares the numbers of shards.
func (s *sweeper) shards(ctx context.Context, f *File, setting *Setting) error {
	s.enter("shards", partOfShards)
	var settings []Setting
	for _, n := range shardSweep(f.Machine.GOMAXPROCS) {
		settings = append(settings, Setting{n, setting.ReservoirSize, setting.Interval})
	}
	all, err := s.compare(ctx, "shards", settings, func(s Setting) int { return s.Shards }, time.Duration(partOfShards*float64(s.plan.Budget)))
	if err != nil {
		return err
	}
	v := Choose(candidates(all), setting.Shards, s.plan.Rule)
	f.addShards(all, v)
	advice := adviseShards(v, all)
	if advice.Value != 0 {
		f.Recommendation.Shards, setting.Shards = advice.Value, advice.Value
	}
	f.Reasons.Shards = advice.Because
	return nil
}

// reservoirs compares reservoir sizes, if the workload has any reservoir.
func (s *sweeper) reservoirs(ctx context.Context, f *File, setting *Setting) error {
	if !s.load.samples() {
		f.Reasons.ReservoirSize = "keep the default: the workload has no histogram and no timing"
		return nil
	}
	s.enter("reservoirs", partOfReservoirs)
	var settings []Setting
	for _, n := range reservoirSweep {
		settings = append(settings, Setting{setting.Shards, n, setting.Interval})
	}
	accuracies, err := s.probe(ctx, f, settings)
	if err != nil {
		return err
	}
	left := time.Duration(partOfReservoirs*float64(s.plan.Budget)) - time.Since(s.began)
	all, err := s.compare(ctx, "reservoir", settings, func(s Setting) int { return s.ReservoirSize }, max(0, left))
	if err != nil {
		return err
	}
	v := Choose(candidates(all), setting.ReservoirSize, s.plan.Rule)
	f.addReservoirs(all, v, accuracies)
	advice := adviseReservoir(f.reservoirRows(), setting.ReservoirSize, s.plan.Limits)
	if advice.Value != 0 {
		f.Recommendation.ReservoirSize, setting.ReservoirSize = advice.Value, advice.Value
	}
	f.Reasons.ReservoirSize = advice.Because
	return nil
}

// probe measures the accuracy of each reservoir size, taking turns.
func (s *sweeper) probe(ctx context.Context, f *File, settings []Setting) ([]Accuracy, error) {
	all := make([]Accuracy, len(settings))
	heaps := make([][]float64, len(settings))
	for range s.plan.Probes {
		for _, i := range s.random.Perm(len(settings)) {
			a, err := probe(ctx, settings[i], s.goroutines, f.Workload.Observations, s.plan.Limits.Quantile, s.random)
			if err != nil {
				return nil, err
			}
			all[i].Errors = append(all[i].Errors, a.Errors...)
			heaps[i] = append(heaps[i], a.Heap)
		}
	}
	for i := range all {
		all[i].Heap = sample.Median(heaps[i])
	}
	return all, nil
}

// intervals compares flush intervals.
func (s *sweeper) intervals(ctx context.Context, f *File, setting *Setting) error {
	s.enter("flush intervals", 1)
	rows := make([]Flushing, len(intervalSweep))
	for i, d := range intervalSweep {
		rows[i].Interval = d
	}
	for b := range mostSimulations {
		if b >= leastSimulations && time.Since(s.began) >= s.plan.Budget {
			break
		}
		for n, i := range s.random.Perm(len(rows)) {
			with := *setting
			with.Interval = rows[i].Interval
			cost, held, err := simulateFlushes(ctx, s.load, with, f.Workload.Rollup)
			if err != nil {
				return err
			}
			rows[i].Cost, rows[i].Held = append(rows[i].Cost, cost), append(rows[i].Held, held)
			s.progress((float64(b) + float64(n+1)/float64(len(rows))) / mostSimulations)
		}
	}
	f.addIntervals(rows)
	advice := adviseInterval(rows, setting.Interval, s.plan.Limits)
	f.Recommendation.FlushIntervalSeconds, f.Reasons.FlushInterval = advice.Value, advice.Because
	return nil
}
