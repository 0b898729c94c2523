package shard_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tinyLog is a store whose logs have one page between them.
func tinyLog(t testing.TB) (*shard.Store, shard.Ref) {
	cfg := testConfig()
	cfg.Shards, cfg.TimedBytes = 1, 1
	s := shard.New(cfg)
	return s, alloc(t, s, shard.ClassCounter)
}

// Each submission that finds a page full counts its index up. The index must not
// run into the bits above it, however long no drain comes.
func TestAFullLogStaysFullHoweverManyComeIn(t *testing.T) {
	s, r := tinyLog(t)
	for i := range shard.LogRecords {
		r.Timed(shard.Timed{N: int64(i)})
	}
	s.FillLog(0, 1<<31-shard.LogRecords-2)
	for range 10 {
		r.Timed(shard.Timed{N: -1})
	}
	assert.Equal(t, uint64(10), s.Lost().TimedFull)
	v := newTotals()
	drain(s, v)
	require.Len(t, v.timed, shard.LogRecords)
	for i, r := range v.timed {
		require.Equal(t, int64(i), r.N, "record %d was written over", i)
	}
	r.Timed(shard.Timed{N: 7})
	v = newTotals()
	drain(s, v)
	assert.Len(t, v.timed, 1, "after the drain there is room again")
}

// A page comes back at the next turn with none of the last one's records.
func TestPagesAreUsedAgainConcurrentSafe(t *testing.T) {
	s, r := tinyLog(t)
	const submitters, each = 4, 50_000
	v := &numbered{t: t, came: make([]uint8, submitters*each)}
	var wg sync.WaitGroup
	var running atomic.Int32
	for w := range submitters {
		running.Add(1)
		wg.Go(func() {
			defer running.Add(-1)
			for i := range each {
				r.Timed(shard.Timed{N: int64(w*each + i)})
			}
		})
	}
	for running.Load() > 0 {
		s.DrainTimed(1, v)
		if pages := s.LogPages(); pages > 1 {
			t.Errorf("%d pages exist, 1 is in the budget", pages)
			break
		}
	}
	wg.Wait()
	drain(s, v)
	assert.Equal(t, uint64(submitters*each), v.total+s.Lost().TimedFull)
	assert.NotZero(t, v.total)
}

// numbered is a visitor for timed submissions with numbers of their own.
type numbered struct {
	*totals
	t     testing.TB
	came  []uint8
	total uint64
}

func (v *numbered) Timed(r *shard.Timed) {
	v.total++
	if v.came[r.N]++; v.came[r.N] > 1 {
		v.t.Errorf("submission %d came twice", r.N)
	}
}

// What a log took in wakes the flusher before it is full.
func TestALogAsksForADrainBeforeItIsFull(t *testing.T) {
	woken := 0
	cfg := testConfig()
	cfg.Shards, cfg.Wake = 1, func() { woken++ }
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassCounter)
	for range shard.LogRecords / 2 {
		r.Timed(shard.Timed{N: 1})
	}
	assert.Zero(t, woken, "half full")
	for range shard.LogRecords / 2 {
		r.Timed(shard.Timed{N: 1})
	}
	assert.Equal(t, 1, woken, "full")
}

// Timed gauges carry their order, over all shards.
func TestTimedGaugesAreNumberedInOrder(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassGauge)
	for i := range 1000 {
		r.Timed(shard.Timed{Value: float64(i)})
	}
	v := newTotals()
	drain(s, v)
	require.Len(t, v.timed, 1000)
	for _, r := range v.timed {
		assert.Equal(t, uint64(r.Value)+1, r.Seq)
	}
}

// The budget counts the pages that exist, in logs and in the pool, and recovers.
func TestTheBudgetOfTheLogsIsKeptAndComesBack(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.TimedBytes = 1, 5*shard.LogPageBytes
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassCounter)
	for round := range 50 {
		before := s.Lost().TimedFull
		for range 6 * shard.LogRecords {
			r.Timed(shard.Timed{N: 1})
		}
		v := newTotals()
		s.DrainTimed(1, v)
		assert.Len(t, v.timed, 5*shard.LogRecords, "round %d", round)
		assert.Equal(t, uint64(shard.LogRecords), s.Lost().TimedFull-before)
		assert.Equal(t, int64(5), s.LogPages())
	}
}

// More pages than the pool keeps are let go, and no longer count.
func TestPagesThatThePoolHasNoRoomForAreLetGo(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassCounter)
	for range 3 {
		for range 100 * shard.LogRecords {
			r.Timed(shard.Timed{N: 1})
		}
		assert.Equal(t, int64(100), s.LogPages())
		v := newTotals()
		drain(s, v)
		assert.Len(t, v.timed, 100*shard.LogRecords)
		assert.Equal(t, int64(shard.PoolSlots), s.LogPages())
	}
	assert.Zero(t, s.Lost().TimedFull)
}

// A submitter that loaded the head of a log, and slept until the page was drained
// and in the pool, must not put its record there: no drain would look for it.
func TestAPageInThePoolTakesNoRecord(t *testing.T) {
	s, r := tinyLog(t)
	for range 3 { // in its first turn and in later ones
		r.Timed(shard.Timed{N: 1})
		draw := s.HoldHead()
		drain(s, newTotals())
		assert.Equal(t, int64(1), s.LogPages(), "the page is in the pool")
		for range 5 {
			assert.False(t, draw())
		}
		r.Timed(shard.Timed{N: 2}) // the page is in use again, with nothing of that in it
		v := newTotals()
		drain(s, v)
		assert.Len(t, v.timed, 1)
	}
}

// A page that became head, and was taken before anybody opened it, has no records,
// whatever submitters that met it in the pool counted up. Waiting for those would
// never end.
func TestAPageTakenBeforeItWasOpenedHasNoRecords(t *testing.T) {
	s, r := tinyLog(t)
	r.Timed(shard.Timed{N: 1})
	draw := s.HoldHead()
	drain(s, newTotals())
	for range 5 {
		assert.False(t, draw(), "in the pool")
	}
	s.LinkPage()
	v := newTotals()
	s.Drain(1, v)
	assert.Zero(t, s.Held())
	assert.Empty(t, v.timed)

	s.LinkPage()
	assert.False(t, draw(), "whoever linked it has not opened it")
	r.Timed(shard.Timed{N: 2}) // opens it
	drain(s, v)
	assert.Len(t, v.timed, 1)
}

// What one submitter writes to one shard comes back in its order, over pages and
// drains, and a rate needs nothing else.
func TestRecordsOfOneShardKeepTheirOrder(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassRate)
	got := newTotals()
	n := 0
	for _, records := range []int{1, 3 * shard.LogRecords / 2, 5 * shard.LogRecords} {
		for range records {
			n++
			r.Timed(shard.Timed{UnixSec: 1, N: int64(n), Value: 0.5, Weight: 2})
		}
		drain(s, got)
	}
	require.Len(t, got.timed, n)
	for i, rec := range got.timed {
		require.Equal(t, shard.Timed{ID: r.ID(), UnixSec: 1, N: int64(i + 1), Value: 0.5, Weight: 2, Seq: uint64(i + 1)}, rec)
	}
}
