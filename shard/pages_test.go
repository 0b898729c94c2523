package shard_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
)

// Two observations are their bank's minimum and maximum, and need no page; with
// the third they move into one.
func TestSamplesWithoutAPage(t *testing.T) {
	for _, class := range []shard.Class{shard.ClassHistogram, shard.ClassDistribution} {
		s := reservoirStore(1000)
		r := alloc(t, s, class)
		for range 8 { // the pages that Alloc gave it are taken back, since nobody needs them
			drain(s, newTotals())
		}
		for n := range 12 {
			require.Zero(t, s.SampleBytes(r))
			var want []float64
			for i := range n {
				x := float64((i*7)%5 - 2) // up, down, and twice the same
				want = append(want, x)
				submitValue(r, class, x)
			}
			v := newTotals()
			drain(s, v)
			slices.Sort(want)
			slices.Sort(v.samples[r.ID()])
			assert.Equal(t, want, v.samples[r.ID()], "%d observations", n)
			for range 8 {
				drain(s, newTotals())
			}
		}
		assert.Zero(t, s.Lost().Starved)
	}
}

func submitValue(r shard.Ref, class shard.Class, v float64) {
	if class == shard.ClassHistogram {
		r.Observe(v)
	} else {
		r.ObserveRaw(v)
	}
}

// More histograms than the pool has pages: those that got none in a generation
// have theirs in the next one of the same banks.
func TestADrainGivesFullBanksLargerPages(t *testing.T) {
	s := reservoirStore(1000)
	var refs []shard.Ref
	for range 3 * shard.PoolSlots {
		refs = append(refs, alloc(t, s, shard.ClassHistogram))
	}
	for gen := range 4 {
		before := s.Lost().Starved
		for _, r := range refs {
			for i := range 500 {
				r.Observe(float64(i))
			}
		}
		v := newTotals()
		drain(s, v)
		if gen < 2 {
			assert.Greater(t, s.Lost().Starved, before, "the pool was large enough: nothing was tested")
			continue
		}
		assert.Equal(t, before, s.Lost().Starved)
		for _, r := range refs {
			assert.Len(t, v.samples[r.ID()], 500)
		}
	}
}

// A row has spills once one of its submitters needed one, and keeps them.
func TestSpillsAreMadeWhenNeeded(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassHistogram)
	r.Observe(1)
	assert.False(t, s.HasSpills(r))
	drain(s, newTotals())
	held := s.HoldBank(r, 0)
	require.NotNil(t, held)
	r.Observe(2)
	assert.True(t, s.HasSpills(r))
	assert.Equal(t, uint64(1), s.Lost().Unsampled)
	held.Finish(3)
	v := newTotals()
	drain(s, v)
	assert.Equal(t, uint64(2), v.counts[r.ID()])
	assert.Equal(t, 5.0, v.sums[r.ID()])
}

// With no page for spills, the log takes what finds its banks held.
func TestWithoutASpillTheLogTakesIt(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassHistogram)
	s.EmptySpillPool()
	held := s.HoldBank(r, 0)
	require.NotNil(t, held)
	for range 100 {
		r.Observe(2)
	}
	held.Finish(3)
	assert.False(t, s.HasSpills(r))
	v := newTotals()
	drain(s, v)
	assert.Equal(t, uint64(101), v.counts[r.ID()])
	assert.Equal(t, 203.0, v.sums[r.ID()])
}

// A spill that did not exist when the store stopped takes nothing, whatever
// generation its submitter looks for.
func TestNoSpillTakesAnythingAfterStop(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassHistogram)
	before := s.EnterSpillLate(r)
	v := newTotals()
	s.Stop(1, v)
	assert.False(t, before(), "the generation before Stop")
	assert.False(t, s.EnterSpillLate(r)(), "the one that Stop left")
	assert.Empty(t, v.visits)
	assert.Zero(t, s.DrainHeld(1, v))
	assert.Empty(t, v.visits)
}
