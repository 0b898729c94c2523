package shard_test

import (
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// twoShards is a store with a series that has cells in one shard, home, and none
// in the other, away.
func twoShards(t testing.TB, class shard.Class) (s *shard.Store, r shard.Ref, home, away uint) {
	cfg := testConfig()
	cfg.Shards = 2
	s = shard.New(cfg)
	r = alloc(t, s, class)
	if s.HasPage(r, 1) {
		home = 1
	}
	away = 1 - home
	require.True(t, s.HasPage(r, home))
	require.False(t, s.HasPage(r, away))
	return s, r, home, away
}

// A page of banks that lay in the pool over several swaps is as good as a fresh
// one: the first generation of a processor has its samples.
func TestAPageThatLayInThePoolTakesObservationsAtOnce(t *testing.T) {
	for swaps := range 5 {
		s, r, home, away := twoShards(t, shard.ClassHistogram)
		for range swaps {
			drain(s, newTotals())
		}
		held := s.HoldBank(r, home) // or the other shard's bank would help out
		require.NotNil(t, held)
		for range 20 {
			r.ObserveIn(away, 2)
		}
		held.Finish(3)
		assert.True(t, s.HasPage(r, away))
		assert.Zero(t, s.Lost().Unsampled, "after %d swaps", swaps)
		v := newTotals()
		drain(s, v)
		assert.Equal(t, uint64(21), v.counts[r.ID()])
		assert.Len(t, v.samples[r.ID()], 21)
	}
}

// With no page to be had, a submitter uses another shard's.
func TestAnEmptyPoolCostsTimeAndNoSubmissions(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 256
	s := shard.New(cfg)
	c, h, d := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassHistogram), alloc(t, s, shard.ClassDistribution)
	for i := range uint(256) {
		c.AddIn(i, 1)
		h.ObserveIn(i, 1)
		d.ObserveRaw(1)
	}
	pages := 0
	for i := range uint(256) {
		if s.HasPage(c, i) {
			pages++
		}
	}
	assert.Less(t, pages, 256, "the pool had a page for each shard: it was never empty")
	v := newTotals()
	drain(s, v)
	assert.Equal(t, int64(256), v.n[c.ID()])
	assert.Equal(t, uint64(256), v.counts[h.ID()])
	assert.Equal(t, uint64(256), v.counts[d.ID()])
}

// A pool that was asked for more than it had has more after the next drain.
func TestAPoolFollowsWhatIsAskedOfIt(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 64
	s := shard.New(cfg)
	touch := func(r shard.Ref) (pages int) {
		for i := range uint(64) {
			r.AddIn(i, 1)
		}
		for i := range uint(64) {
			if s.HasPage(r, i) {
				pages++
			}
		}
		return pages
	}
	before := 0
	for range 4 {
		pages := touch(alloc(t, s, shard.ClassCounter))
		assert.Greater(t, pages, before)
		if before = pages; pages == 64 {
			break
		}
		drain(s, newTotals())
		for range shard.RowSlots { // to the next row
			alloc(t, s, shard.ClassCounter)
		}
	}
	assert.Equal(t, 64, before)
}

// An empty pool is not searched again and again, and the flusher is told once.
func TestAPoolThatRunsDryWakesTheFlusherOnce(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 64
	woken := 0
	cfg.Wake = func() { woken++ }
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassCounter)
	for i := range uint(64) {
		r.AddIn(i, 1)
	}
	assert.Equal(t, 1, woken)
	v := newTotals()
	s.DrainTimed(1, v) // what the flusher does when it is woken
	for i := range uint(64) {
		r.AddIn(i, 1)
	}
	assert.Equal(t, 2, woken)
	drain(s, v)
	assert.Equal(t, int64(128), v.n[r.ID()])
}
