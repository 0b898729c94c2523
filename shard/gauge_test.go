package shard_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
)

// An add that read the empty cell, and slept while another value was set and
// drained, must not find the cell as it was: it would add to the older base.
func TestAnEmptyGaugeIsToldApartFromTheOneBefore(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassGauge)
	r.Set(10)
	drain(s, newTotals())
	finish := s.HoldGaugeAdd(r, 1) // 10 + 1, as far as it knows
	r.Set(50)
	drain(s, newTotals())
	assert.False(t, finish(), "the value would be 11")
	r.GaugeAdd(1)
	v := newTotals()
	drain(s, v)
	assert.Equal(t, 51.0, v.gauges[r.ID()])
}

// Values that many goroutines set are shown as they were set, and never a 0 that
// nobody did.
func TestAGaugeShowsOnlyWhatWasSetConcurrentSafe(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassGauge)
	const submitters, rounds = 8, 5000
	var running atomic.Int32
	running.Store(submitters)
	var wg sync.WaitGroup
	for w := range submitters {
		wg.Go(func() {
			defer running.Add(-1)
			for i := range rounds {
				r.Set(float64(w*rounds + i + 1))
			}
		})
	}
	v := &lastGauge{totals: newTotals()}
	for running.Load() > 0 {
		s.Drain(1, v)
		if v.wrong != 0 {
			break
		}
	}
	wg.Wait()
	drain(s, v)
	assert.Zero(t, v.wrong)
	assert.Zero(t, (int(v.last)-1)%rounds-(rounds-1), "the last value of a submitter that ended is the last one: got %g", v.last)
}

// lastGauge is a visitor that counts gauges of values below 1.
type lastGauge struct {
	*totals
	last  float64
	wrong int
}

func (v *lastGauge) Gauge(_ shard.ID, x float64) {
	if v.last = x; x < 1 || x != math.Trunc(x) {
		v.wrong++
	}
}

func TestAnyFiniteValueIsAGauge(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassGauge)
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1, math.SmallestNonzeroFloat64, -math.MaxFloat64, math.MaxFloat64, 1e-308} {
		for range 2 { // the same value again is shown again
			r.Set(x)
			v := newTotals()
			drain(s, v)
			assert.Equal(t, 1, v.visits[r.ID()], "%g", x)
			assert.Equal(t, math.Float64bits(x), math.Float64bits(v.gauges[r.ID()]))
		}
	}
}

func TestWhatIsNotFiniteIsRefusedAndCounted(t *testing.T) {
	s := shard.New(testConfig())
	c, g := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassGauge)
	h, d := alloc(t, s, shard.ClassHistogram), alloc(t, s, shard.ClassDistribution)
	want := uint64(0)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, submit := range []func(){
			func() { c.AddFloat(x) },
			func() { g.Set(x) },
			func() { g.GaugeAdd(x) },
			func() { h.Observe(x) },
			func() { h.ObserveN([]float64{x}) },
			func() { d.ObserveRaw(x) },
			func() { d.ObserveRawN([]float64{x}) },
			func() { h.Timed(shard.Timed{Value: x}) },
		} {
			submit()
			want++
		}
		h.ObserveN([]float64{1, x, 2})
		want++
	}
	assert.Equal(t, want, s.Lost().BadValue)
	v := newTotals()
	drain(s, v)
	assert.Equal(t, map[shard.ID]int{h.ID(): 1}, v.visits)
	assert.Equal(t, uint64(6), v.counts[h.ID()], "the others of the batch")
	assert.Equal(t, 9.0, v.sums[h.ID()])
}
