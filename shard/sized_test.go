package shard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
)

func TestReservoirsOfDifferentSizes(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.ReservoirSizes = 1, []int{20, 500, 3000}
	s := shard.New(cfg)
	sizes := map[int]shard.Ref{}
	for _, n := range []int{0, 20, 500, 3000, 600} {
		r, ok := s.AllocSized(shard.ClassHistogram, n)
		require.True(t, ok)
		sizes[n] = r
	}
	var got *totals
	for range 8 { // a later generation starts with the page that the one before has grown to
		for i := range 10_000 {
			for _, r := range sizes {
				r.Observe(float64(i))
			}
			if i%16 == 0 {
				shard.RefillPools(s)
			}
		}
		got = newTotals()
		drain(s, got)
	}
	for n, want := range map[int]int{0: 1000, 20: 20, 500: 500, 3000: 3000, 600: 512} {
		id := sizes[n].ID()
		assert.Equal(t, want, len(got.samples[id]), "asked for %d", n)
		assert.Equal(t, uint64(10_000), got.counts[id])
	}
}

// The smallest page may have no room for what a bank holds without a page.
func TestAReservoirOfOneBesideALargerOne(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.ReservoirSizes = 1, []int{1}
	s := shard.New(cfg)
	one, ok := s.AllocSized(shard.ClassHistogram, 1)
	require.True(t, ok)
	larger := alloc(t, s, shard.ClassHistogram)
	for range 8 { // until its banks have no page
		larger.Observe(7)
		drain(s, newTotals())
	}
	for i := range 5 {
		one.Observe(float64(i))
		larger.Observe(float64(i))
	}
	got := newTotals()
	drain(s, got)
	assert.Len(t, got.samples[one.ID()], 1)
	assert.ElementsMatch(t, []float64{0, 1, 2, 3, 4}, got.samples[larger.ID()])
}
