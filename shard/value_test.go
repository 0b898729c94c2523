package shard_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

func TestCountersSaturateAndNeverFlip(t *testing.T) {
	for name, test := range map[string]struct {
		deltas []int64
		want   int64
	}{
		"MaxInt64 and 1":          {[]int64{math.MaxInt64, 1}, math.MaxInt64},
		"MaxInt64 twice":          {[]int64{math.MaxInt64, math.MaxInt64}, math.MaxInt64},
		"MinInt64":                {[]int64{math.MinInt64}, -math.MaxInt64},
		"MinInt64 and -1":         {[]int64{math.MinInt64, -1}, -math.MaxInt64},
		"MinInt64 twice":          {[]int64{math.MinInt64, math.MinInt64}, -math.MaxInt64},
		"at the bound of fast":    {[]int64{1 << 20, -1 << 20, 1<<20 + 1}, 1<<20 + 1},
		"just past it, below":     {[]int64{-1<<20 - 1, 5}, -1<<20 + 4},
		"large and back":          {[]int64{1 << 60, 3, -1 << 60}, 3},
		"three times 2^62":        {[]int64{1 << 62, 1 << 62, 1 << 62}, math.MaxInt64},
		"three times 2^62, below": {[]int64{-1 << 62, -1 << 62, -1 << 62}, -math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			s := shard.New(testConfig())
			r := alloc(t, s, shard.ClassCounter)
			for _, d := range test.deltas {
				r.Add(d)
			}
			v := newTotals()
			drain(s, v)
			assert.Equal(t, test.want, v.n[r.ID()])
		})
	}
}

func TestTouchedButZeroIsShownOnce(t *testing.T) {
	for name, submit := range map[string]func(shard.Ref){
		"adding 0":               func(r shard.Ref) { r.Add(0) },
		"up and down":            func(r shard.Ref) { r.Add(3); r.Add(-3) },
		"up and down, large":     func(r shard.Ref) { r.Add(1 << 40); r.Add(-1 << 40) },
		"adding 0.0":             func(r shard.Ref) { r.AddFloat(0) },
		"adding -0.0":            func(r shard.Ref) { r.AddFloat(math.Copysign(0, -1)) },
		"float up and down":      func(r shard.Ref) { r.AddFloat(1); r.AddFloat(-1) },
		"up fast, down by float": func(r shard.Ref) { r.Add(1); r.AddFloat(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := shard.New(testConfig())
			r, idle := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassCounter)
			submit(r)
			v := newTotals()
			drain(s, v)
			assert.Equal(t, 1, v.visits[r.ID()])
			assert.Zero(t, float64(v.n[r.ID()])+v.f[r.ID()])
			assert.Zero(t, v.visits[idle.ID()])
			v = newTotals()
			drain(s, v)
			assert.Empty(t, v.visits)
		})
	}
}

func TestFloatSumsThatOverflowStayInfinite(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassCounter)
	r.AddFloat(math.MaxFloat64)
	r.AddFloat(math.MaxFloat64)
	r.AddFloat(-math.MaxFloat64)
	v := newTotals()
	drain(s, v)
	assert.True(t, math.IsInf(v.f[r.ID()], 1), "so that it is withheld, not sent as a wrong number")
	r.AddFloat(1)
	v = newTotals()
	drain(s, v)
	assert.Equal(t, 1.0, v.f[r.ID()])
}

func TestGaugesAddToTheLastValueOverDrains(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassGauge)
	v := newTotals()
	r.GaugeAdd(5)
	drain(s, v)
	assert.Equal(t, 5.0, v.gauges[r.ID()])
	r.GaugeAdd(-2)
	drain(s, v)
	assert.Equal(t, 3.0, v.gauges[r.ID()])
	r.Set(100)
	r.GaugeAdd(1)
	drain(s, v)
	assert.Equal(t, 101.0, v.gauges[r.ID()])
	r.Set(math.MaxFloat64)
	r.GaugeAdd(math.MaxFloat64)
	assert.Equal(t, uint64(1), s.Lost().BadValue)
	drain(s, v)
	assert.Equal(t, math.MaxFloat64, v.gauges[r.ID()])
	r.Set(0)
	v = newTotals()
	drain(s, v)
	assert.Equal(t, 1, v.visits[r.ID()], "0 is a value")
}

func TestBoundsAreCounted(t *testing.T) {
	cfg := shard.Config{Shards: 1, ReservoirSize: 1, DistributionValues: 10, SetMembers: 5, TimedBytes: 1}
	s := shard.New(cfg)
	set, dist := alloc(t, s, shard.ClassSet), alloc(t, s, shard.ClassDistribution)
	counter := alloc(t, s, shard.ClassCounter)
	for round := range 3 {
		before := s.Lost()
		for i := range 12 {
			set.AddMember(fmt.Sprint(i))
			set.AddMember(fmt.Sprint(i % 3))
			dist.ObserveRaw(float64(i))
		}
		for range 300 {
			counter.Timed(shard.Timed{N: 1})
		}
		v := newTotals()
		drain(s, v)
		lost := s.Lost()
		assert.Len(t, v.members[set.ID()], 5)
		assert.Equal(t, uint64(7), lost.SetFull-before.SetFull)
		assert.Equal(t, uint64(10), v.counts[dist.ID()])
		assert.Equal(t, uint64(2), lost.DistributionFull-before.DistributionFull)
		assert.Len(t, v.timed, 256, "round %d", round)
		assert.Equal(t, uint64(44), lost.TimedFull-before.TimedFull)
		assert.LessOrEqual(t, s.LogPages(), int64(1))
	}
}

func TestValuesBeyondTheBoundGoThroughTheLog(t *testing.T) {
	s := shard.New(shard.Config{Shards: 1, ReservoirSize: 1, DistributionValues: 10, SetMembers: 5, TimedBytes: 1 << 20, Wake: func() {}})
	s.SpillDistributions()
	dist := alloc(t, s, shard.ClassDistribution)
	for i := range 32 {
		dist.ObserveRaw(float64(i))
	}
	v := newTotals()
	drain(s, v)
	assert.Equal(t, uint64(32), v.counts[dist.ID()])
	assert.Equal(t, 496.0, v.sums[dist.ID()])
	assert.Len(t, v.samples[dist.ID()], 10, "the others came one by one")
	assert.Zero(t, s.Lost().DistributionFull)
}

// A busy distribution leaves half of the logs to what has a timestamp.
func TestABusyDistributionLeavesRoomForTimedPoints(t *testing.T) {
	s := shard.New(shard.Config{Shards: 1, ReservoirSize: 1, DistributionValues: 10, SetMembers: 5, TimedBytes: 1 << 20, Wake: func() {}})
	s.SpillDistributions()
	dist, counter := alloc(t, s, shard.ClassDistribution), alloc(t, s, shard.ClassCounter)
	for round := range 2 {
		before := s.Lost()
		const n = 100_000
		for range n {
			dist.ObserveRaw(1)
		}
		for range 1000 {
			counter.Timed(shard.Timed{N: 1})
		}
		v := newTotals()
		drain(s, v)
		lost := s.Lost()
		assert.Len(t, v.timed, 1000, "round %d", round)
		assert.Zero(t, lost.TimedFull)
		full := lost.DistributionFull - before.DistributionFull
		assert.Positive(t, full)
		assert.Equal(t, uint64(n), v.counts[dist.ID()]+full)
		assert.Greater(t, v.counts[dist.ID()], uint64(1000))
	}
}

func TestEachGenerationStartsClean(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassHistogram)
	for i := range 20_000 {
		x := float64(i%1000) - 500
		r.Observe(x)
		v := newTotals()
		drain(s, v)
		if v.counts[r.ID()] != 1 || v.sums[r.ID()] != x || v.mins[r.ID()] != x || v.maxs[r.ID()] != x || len(v.samples[r.ID()]) != 1 {
			t.Fatalf("round %d: %+v", i, v)
		}
	}
}

func TestAFreedIDStartsClean(t *testing.T) {
	s := shard.New(testConfig())
	submit := map[shard.Class]func(shard.Ref){
		shard.ClassCounter:      func(r shard.Ref) { r.Add(1); r.AddFloat(1); r.Add(1 << 40) },
		shard.ClassGauge:        func(r shard.Ref) { r.Set(7) },
		shard.ClassHistogram:    func(r shard.Ref) { r.Observe(7) },
		shard.ClassDistribution: func(r shard.Ref) { r.ObserveRaw(7) },
		shard.ClassSet:          func(r shard.Ref) { r.AddMember("m") },
	}
	for class, f := range submit {
		old := alloc(t, s, class)
		f(old)
		drain(s, newTotals())
		s.Free(old.ID())
		r := alloc(t, s, class)
		assert.Equal(t, old.ID(), r.ID(), "ids are used again")
		assert.Zero(t, s.LastTouched(r.ID()), "the series before it was touched, not this one")
		v := newTotals()
		drain(s, v)
		assert.Empty(t, v.visits)
		if class == shard.ClassGauge {
			r.GaugeAdd(1)
			drain(s, v)
			assert.Equal(t, 1.0, v.gauges[r.ID()], "the base is gone")
		}
	}
}

// A Ref can be taken apart, put together, and found by its id.
func TestTheWaysToARef(t *testing.T) {
	s := shard.New(testConfig())
	for _, class := range []shard.Class{shard.ClassCounter, shard.ClassGauge, shard.ClassHistogram, shard.ClassSet, shard.ClassRate} {
		for range shard.RowSlots + 1 { // into a second row
			r := alloc(t, s, class)
			assert.Equal(t, r, shard.MakeRef(r.Split()))
			assert.Equal(t, r, s.Ref(r.ID()))
		}
	}
	assert.False(t, shard.MakeRef(shard.Ref{}.Split()).Valid())
}

func TestTheZeroRefDiscards(t *testing.T) {
	var r shard.Ref
	assert.NotPanics(t, func() {
		r.Add(1)
		r.Add(1 << 40)
		r.AddFloat(1)
		r.AddFloat(math.NaN())
		r.Set(1)
		r.GaugeAdd(1)
		r.Observe(1)
		r.Observe(math.NaN())
		r.ObserveN([]float64{1, 2})
		r.ObserveRaw(1)
		r.ObserveRawN([]float64{1, 2})
		r.AddMember("m")
		r.Timed(shard.Timed{N: 1})
	})
}
