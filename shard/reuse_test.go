package shard_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tally is a visitor that adds up by class, since ids change hands.
type tally struct {
	counts, observations, members, timed uint64
	gauges                               float64
}

func (v *tally) Count(_ shard.ID, n int64, f float64) { v.counts += uint64(n) + uint64(f) }
func (v *tally) Gauge(_ shard.ID, x float64)          { v.gauges += x }
func (v *tally) Member(shard.ID, string)              { v.members++ }
func (v *tally) Timed(r *shard.Timed) {
	if r.Untimed {
		v.observations++
	} else {
		v.timed++
	}
}
func (v *tally) Observations(_ shard.ID, _ shard.Generation, o *shard.Observations) {
	v.observations += o.Count
}

var allClasses = []shard.Class{
	shard.ClassCounter, shard.ClassGauge, shard.ClassHistogram, shard.ClassDistribution, shard.ClassSet,
}

// submitOnce makes one submission of the class of r, and one with a timestamp.
func submitOnce(r shard.Ref, class shard.Class) {
	switch class {
	case shard.ClassCounter:
		r.Add(1)
	case shard.ClassGauge:
		r.GaugeAdd(1)
	case shard.ClassHistogram:
		r.Observe(1)
	case shard.ClassDistribution:
		r.ObserveRaw(1)
	case shard.ClassSet:
		r.AddMember("m")
	}
	r.Timed(shard.Timed{N: 1})
}

// Series come and go while others drain: an id that was freed brings nothing of
// the series before it, and takes everything of the next one.
func TestIDsAreUsedAgainWhileDrainsRunConcurrentSafe(t *testing.T) {
	s := shard.New(testConfig())
	const workers, rounds = 4, 300
	var drains atomic.Int64
	var running atomic.Int32
	running.Store(workers)
	var seen sync.Map
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			defer running.Add(-1)
			for i := range rounds {
				class := allClasses[(w+i)%len(allClasses)]
				r, ok := s.Alloc(class)
				if !assert.True(t, ok) {
					return
				}
				seen.Store(r.ID(), true)
				submitOnce(r, class)
				for begin := drains.Load(); drains.Load() < begin+2; { // one that began after the submission
					runtime.Gosched()
				}
				s.Free(r.ID())
			}
		})
	}
	v := new(tally)
	for running.Load() > 0 {
		s.Swap()
		s.Drain(1, v)
		if s.DrainHeld(1, v) == 0 {
			drains.Add(1)
		}
	}
	wg.Wait()
	each := uint64(workers * rounds / len(allClasses))
	assert.Equal(t, tally{counts: each, gauges: float64(each), observations: 2 * each, members: each, timed: 5 * each}, *v)
	ids := 0
	seen.Range(func(any, any) bool { ids++; return true })
	assert.LessOrEqual(t, ids, workers*len(allClasses), "ids of which at most %d were in use at once", workers)
}

// Whoever got a series before Stop has its submissions delivered or counted.
func TestSeriesMadeWhileTheStoreStopsConcurrentSafe(t *testing.T) {
	for range 300 {
		s := shard.New(testConfig())
		var made atomic.Uint64
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() {
				for i := w; ; i++ {
					r, ok := s.Alloc(allClasses[i%len(allClasses)])
					if !ok {
						return
					}
					submitOnce(r, allClasses[i%len(allClasses)])
					made.Add(1)
				}
			})
		}
		for made.Load() < 5 {
			runtime.Gosched()
		}
		v := new(tally)
		s.Stop(1, v)
		wg.Wait()
		for s.DrainHeld(1, v) > 0 {
			runtime.Gosched()
		}
		lost := s.Lost()
		require.Equal(t, 2*made.Load(), v.counts+uint64(v.gauges)+v.observations+v.members+v.timed+lost.AfterStop+lost.TimedFull)
	}
}

// The same over 100,000 generations of one series: nothing of an older one is in
// a newer one.
func TestAHundredThousandGenerationsStartClean(t *testing.T) {
	for _, class := range []shard.Class{shard.ClassHistogram, shard.ClassDistribution} {
		s := shard.New(testConfig())
		r := alloc(t, s, class)
		v := &lastBank{}
		for i := range cleanGenerations {
			x := float64(i%1000) - 500
			*v = lastBank{}
			if class == shard.ClassHistogram {
				r.Observe(x)
			} else {
				r.ObserveRaw(x)
			}
			s.Swap()
			s.Drain(1, v)
			if *v != (lastBank{visits: 1, count: 1, samples: 1, sum: x, min: x, max: x, sample: x}) {
				t.Fatalf("round %d: submitted %g, got %+v", i, x, *v)
			}
		}
	}
}

// lastBank is a visitor that keeps the last bank.
type lastBank struct {
	tally
	visits, samples       int
	count                 uint64
	sum, min, max, sample float64
}

func (v *lastBank) Observations(_ shard.ID, _ shard.Generation, o *shard.Observations) {
	v.visits++
	v.count, v.sum, v.min, v.max, v.samples = o.Count, o.Sum, o.Min, o.Max, len(o.Samples)
	if len(o.Samples) > 0 {
		v.sample = o.Samples[0]
	}
}

// A drain notes when it found a series touched, and only then.
func TestADrainNotesWhenASeriesWasTouched(t *testing.T) {
	for _, class := range allClasses {
		s := shard.New(testConfig())
		r, idle, timed := alloc(t, s, class), alloc(t, s, class), alloc(t, s, class)
		for now := int64(1000); now < 1005; now++ {
			submitOnce(r, class)
			timed.Timed(shard.Timed{UnixSec: 3})
			s.Swap()
			s.Drain(now, new(tally))
			assert.Equal(t, now, s.LastTouched(r.ID()))
			assert.Equal(t, now, s.LastTouched(timed.ID()), "not the time it is stamped with")
		}
		s.Swap()
		s.Drain(2000, new(tally))
		assert.Equal(t, int64(1004), s.LastTouched(r.ID()))
		assert.Zero(t, s.LastTouched(idle.ID()))
	}
}

// A freed series keeps no pages of samples.
func TestAFreedSeriesGivesItsSamplesBack(t *testing.T) {
	for _, class := range []shard.Class{shard.ClassHistogram, shard.ClassDistribution} {
		s := reservoirStore(1000)
		r := alloc(t, s, class)
		submitOnce(r, class)
		drain(s, new(tally))
		assert.Equal(t, 2*9*8, s.SampleBytes(r))
		s.Free(r.ID())
		assert.Zero(t, s.SampleBytes(r))
	}
}
