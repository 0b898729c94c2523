package shard_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
)

// Each submission that races Stop is handed to its visitor or counted.
func TestStopTakesOrCountsEverythingConcurrentSafe(t *testing.T) {
	classes := map[string]struct {
		class  shard.Class
		submit func(shard.Ref, int)
		got    func(*totals, shard.ID) uint64
	}{
		"counter": {shard.ClassCounter, func(r shard.Ref, _ int) { r.Add(1) },
			func(v *totals, id shard.ID) uint64 { return uint64(v.n[id]) }},
		"large": {shard.ClassCounter, func(r shard.Ref, _ int) { r.Add(1 << 30) },
			func(v *totals, id shard.ID) uint64 { return uint64(v.n[id] >> 30) }},
		"float": {shard.ClassCounter, func(r shard.Ref, _ int) { r.AddFloat(1) },
			func(v *totals, id shard.ID) uint64 { return uint64(v.f[id]) }},
		"histogram": {shard.ClassHistogram, func(r shard.Ref, _ int) { r.Observe(1) },
			func(v *totals, id shard.ID) uint64 { return v.counts[id] }},
		"distribution": {shard.ClassDistribution, func(r shard.Ref, _ int) { r.ObserveRaw(1) },
			func(v *totals, id shard.ID) uint64 { return v.counts[id] }},
		"set": {shard.ClassSet, func(r shard.Ref, i int) { r.AddMember(fmt.Sprint(i)) },
			func(v *totals, id shard.ID) uint64 { return uint64(len(v.members[id])) }},
		"timed": {shard.ClassCounter, func(r shard.Ref, _ int) { r.Timed(shard.Timed{N: 1}) },
			func(v *totals, _ shard.ID) uint64 { return uint64(len(v.timed)) }},
		"gauge add": {shard.ClassGauge, func(r shard.Ref, _ int) { r.GaugeAdd(1) },
			func(v *totals, id shard.ID) uint64 { return uint64(v.gauges[id]) }},
	}
	for name, test := range classes {
		t.Run(name, func(t *testing.T) {
			for range 200 {
				s := shard.New(testConfig())
				r := alloc(t, s, test.class)
				var submitted atomic.Uint64
				var quit atomic.Bool
				var wg sync.WaitGroup
				for g := range 3 {
					wg.Go(func() {
						for i := 0; !quit.Load() && i < 5000; i++ {
							test.submit(r, g*1_000_000+i)
							submitted.Add(1)
						}
					})
				}
				for submitted.Load() < 20 {
					runtime.Gosched()
				}
				v := newTotals()
				s.Stop(1, v)
				quit.Store(true)
				for s.DrainHeld(1, v) > 0 {
					runtime.Gosched()
				}
				wg.Wait()
				lost := s.Lost()
				require.Equal(t, submitted.Load(), test.got(v, r.ID())+lost.AfterStop+lost.TimedFull+lost.SetFull,
					"%d after the stop", lost.AfterStop)

				before := s.Cells(r)
				for i := range 10 {
					test.submit(r, i)
				}
				require.Equal(t, before, s.Cells(r), "a cell changed after the stop")
				require.Equal(t, lost.AfterStop+10, s.Lost().AfterStop)
			}
		})
	}
}

func TestNothingIsMadeAfterStop(t *testing.T) {
	s := shard.New(testConfig())
	s.Stop(1, newTotals())
	_, ok := s.Alloc(shard.ClassCounter)
	assert.False(t, ok)
}

// A gauge has the last value before Stop; those after it are counted.
func TestStopTakesTheLastValueOfAGaugeConcurrentSafe(t *testing.T) {
	for range 500 {
		s := shard.New(testConfig())
		r := alloc(t, s, shard.ClassGauge)
		var set atomic.Uint64
		var quit atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			for !quit.Load() {
				r.Set(float64(set.Load() + 1))
				set.Add(1)
			}
		})
		for set.Load() < 20 {
			runtime.Gosched()
		}
		v := newTotals()
		s.Stop(1, v)
		quit.Store(true)
		wg.Wait()
		require.Equal(t, set.Load(), uint64(v.gauges[r.ID()])+s.Lost().AfterStop)
	}
}

// Whatever the flusher still does after Stop, the store stays stopped.
func TestNoCallOfTheFlusherUndoesAStop(t *testing.T) {
	for name, again := range map[string]func(*shard.Store, shard.Visitor){
		"Stop":       func(s *shard.Store, v shard.Visitor) { s.Stop(1, v) },
		"Drain":      func(s *shard.Store, v shard.Visitor) { s.Swap(); s.Drain(1, v) },
		"DrainTimed": func(s *shard.Store, v shard.Visitor) { s.DrainTimed(1, v) },
		"DrainHeld":  func(s *shard.Store, v shard.Visitor) { s.DrainHeld(1, v) },
	} {
		t.Run(name, func(t *testing.T) {
			s := shard.New(testConfig())
			l := newLedger(t, s, 1, 10)
			l.submit(0, 0)
			s.Stop(1, l)
			v := newTotals()
			again(s, v)
			for i := range 9 {
				l.submit(0, i+1)
			}
			again(s, v)
			assert.Empty(t, v.visits, "came after the stop")
			assert.Equal(t, uint64(9*roundOps), s.Lost().AfterStop)
		})
	}
}
