package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
)

// Plan says how much is measured.
type Plan struct {
	// Budget is about how long all workloads take together.
	Budget time.Duration
	// MinRounds is how many rounds each workload has, also past its time.
	MinRounds int
	// Seed decides in which order libraries come in each round.
	Seed uint64
}

// Standard takes about six minutes.
var Standard = Plan{Budget: 6 * time.Minute, MinRounds: 5, Seed: 1}

// Cost is what one library was found to cost.
type Cost struct {
	Library string
	NS      []float64 // of one submission, by round, Build taken off
	BuildNS []float64 // of building the strings of one; empty if there are none
	Ops     int       // submissions in a round, of each goroutine
	Allocs  float64   // heap allocations of one submission, those of Build taken off
}

// Median is the cost of one submission: the median over the rounds. With two
// goroutines it is the time of the run over the submissions of both.
func (c *Cost) Median() float64 { return sample.Median(c.NS) }

// Result is what one workload was found to cost, round by round: those of U, of
// ours, if it was measured, and of the peers belong together by their index.
type Result struct {
	Workload Workload
	UnitNS   []float64
	Costs    []Cost
}

// Of returns the cost of a library; nil if it was not measured.
func (r *Result) Of(library string) *Cost {
	for i := range r.Costs {
		if r.Costs[i].Library == library {
			return &r.Costs[i]
		}
	}
	return nil
}

// tidyRounds is how many rounds are between two flushes. They do what happens in the
// background of a program: ours prepares pages, others forget their series, or let go
// of the samples that they keep.
const tidyRounds = 50

// Measure runs one workload through the libraries that have it, for about as long as
// it is told.
func Measure(ctx context.Context, w Workload, libraries []Library, plan Plan, atMost time.Duration) (r Result, err error) {
	started := time.Now()
	r.Workload = w
	unit := &subject{name: "U", goroutines: w.Goroutines, submits: make([]Submit, w.Goroutines)}
	for i := range unit.submits {
		unit.submits[i] = Unit()
	}
	subjects := []*subject{unit}
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.close())
		}
	}()
	series := w.series()
	for i := range libraries {
		s, err := newSubject(&w, &libraries[i], series)
		if err != nil {
			return r, fmt.Errorf("%s of %s: %w", w.Name(), libraries[i].Name, err)
		}
		if s != nil {
			subjects = append(subjects, s)
		}
	}
	for _, s := range subjects {
		if err := s.prepare(w); err != nil {
			return r, fmt.Errorf("%s of %s: %w", w.Name(), s.name, err)
		}
	}
	random := rand.New(rand.NewPCG(plan.Seed, uint64(w.Series)))
	for round := 0; round < plan.MinRounds || time.Since(started) < atMost; round++ {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		for _, i := range random.Perm(len(subjects)) {
			s := subjects[i]
			if round%tidyRounds == tidyRounds-1 {
				if err := s.tidy(); err != nil {
					return r, fmt.Errorf("%s of %s: flush: %w", w.Name(), s.name, err)
				}
			}
			if err := s.round(w.Flushing); err != nil {
				return r, fmt.Errorf("%s of %s: %w", w.Name(), s.name, err)
			}
		}
	}
	r.UnitNS = unit.cost.NS
	for _, s := range subjects[1:] {
		r.Costs = append(r.Costs, s.cost)
	}
	return r, nil
}

// subject is what takes its turn in each round: a library, or U.
type subject struct {
	name       string
	session    *Session // nil for U
	goroutines int
	submits    []Submit // one for each goroutine
	builds     []Submit // nil if nothing is built
	cost       Cost
}

// newSubject returns nil if the library has no such thing.
func newSubject(w *Workload, library *Library, series []Series) (*subject, error) {
	if !w.suits(library) {
		return nil, nil
	}
	session, err := library.New(io.Discard)
	if err != nil {
		return nil, err
	}
	s := &subject{name: library.Name, session: session, goroutines: w.Goroutines, cost: Cost{Library: library.Name}}
	for i := range w.Goroutines {
		over := Over{Series: series, Start: i * len(series) / w.Goroutines}
		submit := w.submit(session, over)
		if submit == nil {
			return nil, session.Close()
		}
		s.submits = append(s.submits, submit)
		if !w.Bound && w.Strings == Built {
			s.builds = append(s.builds, session.Build(over))
		}
	}
	return s, nil
}

func (s *subject) close() error {
	if s.session == nil {
		return nil
	}
	return s.session.Close()
}

// maxOps bounds a round of what takes no time.
const maxOps = 1 << 24

// prepare brings a session to where a program is after its first minute: every series
// was seen from every goroutine, and flushed.
func (s *subject) prepare(w Workload) error {
	for range 2 {
		sideBySide(s.submits, w.Series)
		if s.session != nil {
			if err := s.session.Flush(); err != nil {
				return fmt.Errorf("flush: %w", err)
			}
		}
	}
	s.cost.Ops = max(100, w.Series)
	sideBySide(s.submits, s.cost.Ops)
	s.cost.Allocs = allocs(s.submits[0], 1000)
	if s.builds != nil {
		s.cost.Allocs = max(0, s.cost.Allocs-allocs(s.builds[0], 1000))
	}
	// As many submissions as fill a round, found by doubling.
	ops := 128
	for {
		took := time.Duration(sideBySide(s.submits, ops) * float64(ops*s.goroutines))
		if took >= w.Round/4 || ops >= maxOps {
			s.cost.Ops = min(max(1, int(float64(ops)*float64(w.Round)/float64(max(1, took)))), maxOps)
			return nil
		}
		ops *= 2
	}
}

// tidy flushes, and comes back to where the series are known.
func (s *subject) tidy() error {
	if s.session == nil {
		return nil
	}
	if err := s.session.Flush(); err != nil {
		return err
	}
	sideBySide(s.submits, s.cost.Ops)
	return nil
}

// round measures one.
func (s *subject) round(flushing bool) error {
	var ns float64
	var err error
	if flushing && s.session != nil {
		ns, err = whileFlushing(s.session.Flush, func() float64 { return sideBySide(s.submits, s.cost.Ops) })
	} else {
		ns = sideBySide(s.submits, s.cost.Ops)
	}
	if s.builds != nil {
		built := sideBySide(s.builds, s.cost.Ops)
		s.cost.BuildNS = append(s.cost.BuildNS, built)
		ns -= built
	}
	s.cost.NS = append(s.cost.NS, ns)
	return err
}

// whileFlushing calls f with one flush after the other in the background.
func whileFlushing(flush func() error, f func() float64) (float64, error) {
	var stop atomic.Bool
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		close(begun)
		for !stop.Load() {
			if err := flush(); err != nil {
				ended <- fmt.Errorf("flush: %w", err)
				return
			}
		}
		ended <- nil
	}()
	<-begun
	ns := f()
	stop.Store(true)
	return ns, <-ended
}

// sideBySide returns the nanoseconds of one submission: those that it takes until
// each goroutine has submitted ops times, divided by the submissions of all. They
// start together.
func sideBySide(submits []Submit, ops int) float64 {
	if len(submits) == 1 {
		start := time.Now()
		submits[0](ops)
		return float64(time.Since(start)) / float64(ops)
	}
	all := &meeting{of: len(submits)}
	var start time.Time
	var wg sync.WaitGroup
	for i, submit := range submits {
		wg.Go(func() {
			all.attend(i)
			if i == 0 {
				start = time.Now()
			}
			submit(ops)
		})
	}
	wg.Wait()
	return float64(time.Since(start)) / float64(ops*len(submits))
}

// allocs returns heap allocations per submission: the least of some runs, since the
// background of a library may allocate meanwhile.
func allocs(submit Submit, ops int) float64 {
	least := -1.0
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		submit(ops)
		runtime.ReadMemStats(&after)
		if n := float64(after.Mallocs-before.Mallocs) / float64(ops); least < 0 || n < least {
			least = n
		}
	}
	if least < 0.01 {
		return 0
	}
	return least
}
