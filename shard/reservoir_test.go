package shard_test

import (
	"slices"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reservoirStore is a store with one shard, so that one reservoir sees everything.
func reservoirStore(size int) *shard.Store {
	cfg := testConfig()
	cfg.Shards, cfg.ReservoirSize, cfg.Seed = 1, size, 7
	return shard.New(cfg)
}

// kept returns the samples that a new series keeps of n observations, 0 … n-1.
// The series grows its reservoir from the smallest page, and is freed.
func kept(t testing.TB, s *shard.Store, n int) []float64 {
	r := alloc(t, s, shard.ClassHistogram)
	for i := range n {
		r.Observe(float64(i))
	}
	v := newTotals()
	drain(s, v)
	require.Equal(t, uint64(n), v.counts[r.ID()])
	s.Free(r.ID())
	return v.samples[r.ID()]
}

// Ten million observations through reservoirs that grow from 9 to 1,000.
func TestGrowingReservoirsAreUniform(t *testing.T) {
	const series, each, size = 1000, 10_000, 1000
	s := reservoirStore(size)
	counts := make([]int, 1000)
	for range series {
		samples := kept(t, s, each)
		require.Len(t, samples, size, "the reservoir did not grow to its size")
		for _, x := range samples {
			counts[int(x)*len(counts)/each]++
		}
	}
	assert.Zero(t, s.Lost().Starved)
	assert.Greater(t, chiSquareP(counts), 0.001)
}

// One observation more than there is room for: each is as likely as any other to
// be the one that is left out, the last as well.
func TestTheFirstObservationPastTheSizeIsLikeAllOthers(t *testing.T) {
	for _, size := range []int{1, 2, 33} {
		s := reservoirStore(size)
		left := make([]int, size+1)
		for range 20_000 {
			for i := range left {
				left[i]++
			}
			samples := kept(t, s, size+1)
			require.Len(t, samples, size)
			for _, x := range samples {
				left[int(x)]--
			}
		}
		assert.Greater(t, chiSquareP(left), 0.001, "size %d: left out %v", size, left)
	}
}

// Samples are observations, each at most once.
func TestSamplesAreDistinctObservations(t *testing.T) {
	s := reservoirStore(100)
	for n := range 400 {
		samples := kept(t, s, n)
		slices.Sort(samples)
		require.Len(t, slices.Compact(samples), min(n, 100))
		if n > 0 {
			require.GreaterOrEqual(t, samples[0], 0.0)
			require.Less(t, samples[len(samples)-1], float64(n))
		}
	}
}

// A distribution keeps every value, over as many pages as it takes, whatever the
// intervals before it needed.
func TestADistributionKeepsEveryValue(t *testing.T) {
	s := reservoirStore(1000)
	r := alloc(t, s, shard.ClassDistribution)
	for _, n := range []int{1, 32, 33, 10_000, 0, 3, 40_000, 40_000, 1, 1, 1, 1, 500} {
		for i := range n {
			r.ObserveRaw(float64(i))
		}
		v := &everyValue{totals: newTotals()}
		drain(s, v)
		slices.Sort(v.values)
		require.Len(t, v.values, n)
		for i, x := range v.values {
			require.Equal(t, float64(i), x, "of %d values", n)
		}
	}
	assert.Zero(t, s.Lost().DistributionFull+s.Lost().TimedFull)
}

// everyValue collects the values of a distribution, from banks and from the log.
type everyValue struct {
	*totals
	values []float64
}

func (v *everyValue) Observations(_ shard.ID, _ shard.Generation, o *shard.Observations) {
	v.values = append(v.values, o.Samples...)
}

func (v *everyValue) Timed(r *shard.Timed) { v.values = append(v.values, r.Value) }

// A reservoir that turned out too large is given back.
func TestAReservoirShrinksAfterABusyTime(t *testing.T) {
	for _, class := range []shard.Class{shard.ClassHistogram, shard.ClassDistribution} {
		s := reservoirStore(1000)
		r := alloc(t, s, class)
		observe := map[shard.Class]func(float64){shard.ClassHistogram: r.Observe, shard.ClassDistribution: r.ObserveRaw}[class]
		for range 2 { // both banks
			for range 4000 {
				observe(1)
			}
			drain(s, newTotals())
		}
		busy := s.SampleBytes(r)
		for range 10 {
			observe(1)
			drain(s, newTotals())
		}
		assert.Zero(t, s.SampleBytes(r), "%d before", busy)
		assert.GreaterOrEqual(t, busy, 2*1000*8)
	}
}
