package shard_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
)

// byGeneration is a visitor that keeps observations apart by generation.
type byGeneration struct {
	*totals
	seen map[shard.Generation]uint64
	sums map[shard.Generation]float64
}

func newByGeneration() *byGeneration {
	return &byGeneration{newTotals(), map[shard.Generation]uint64{}, map[shard.Generation]float64{}}
}

func (v *byGeneration) Observations(id shard.ID, gen shard.Generation, o *shard.Observations) {
	v.totals.Observations(id, gen, o)
	v.seen[gen] += o.Count
	v.sums[gen] += o.Sum
}

// A submitter descheduled in the middle of an observation delays neither the
// flusher nor other submitters, and its observation arrives in its own generation.
func TestHeldBankComesLaterUnderItsOwnGeneration(t *testing.T) {
	for _, swaps := range []int{1, 2, 3, 4} {
		cfg := testConfig()
		cfg.Shards = 1
		s := shard.New(cfg)
		r := alloc(t, s, shard.ClassHistogram)
		born := s.Generation()
		held := s.HoldBank(r, 0)
		require.NotNil(t, held)
		r.Observe(10) // goes to the spill

		v := newByGeneration()
		for range swaps {
			s.Swap()
			s.Drain(1, v)
			require.Equal(t, 1, s.Held(), "the bank is noted once, however often it is found")
			r.Observe(100)
		}
		assert.Equal(t, uint64(1), v.seen[born], "the spill came at once")
		held.Finish(1)
		assert.Zero(t, s.DrainHeld(1, v))
		assert.Equal(t, uint64(2), v.seen[born])
		assert.Equal(t, 11.0, v.sums[born])

		for range 3 { // all that came after it, and nothing twice
			s.Swap()
			s.Drain(1, v)
		}
		assert.Equal(t, uint64(2+swaps), v.counts[r.ID()])
		assert.Equal(t, float64(11+100*swaps), v.totals.sums[r.ID()])
		assert.Equal(t, uint64(2), v.seen[born])
		r.Observe(7) // the bank is in use again
		drain(s, v)
		assert.Equal(t, uint64(3+swaps), v.counts[r.ID()])
	}
}

func TestHeldSpillComesLaterAndTheLogTakesTheRest(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassHistogram)
	bank, spill := s.HoldBank(r, 0), s.HoldSpill(r)
	v := newTotals()
	s.Swap()
	s.Drain(1, v)
	s.Swap() // the parity of the two is current again
	s.Drain(1, v)
	assert.Equal(t, 2, s.Held())
	for range 1000 {
		r.Observe(1) // neither the bank nor the spill is to be had
	}
	assert.Zero(t, s.Lost().TimedFull)
	spill.Finish(5)
	bank.Finish(6)
	drain(s, v)
	assert.Equal(t, uint64(1002), v.counts[r.ID()])
	assert.Equal(t, 1011.0, v.sums[r.ID()])
}

func TestHeldRecordOfALogComesLater(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassCounter)
	publish := s.HoldRecord(shard.Timed{ID: r.ID(), N: 5, UnixSec: 9})
	v := newTotals()
	s.Drain(1, v)
	assert.Empty(t, v.timed)
	assert.Equal(t, 1, s.Held())
	for range 3000 {
		r.Timed(shard.Timed{N: 1, UnixSec: 3})
	}
	s.Drain(1, v)
	assert.Len(t, v.timed, 3000)
	publish()
	assert.Zero(t, s.DrainHeld(1, v))
	require.Len(t, v.timed, 3001)
	assert.Equal(t, int64(5), v.timed[3000].N)
}

// Guarantee G3: what arrives under a generation was submitted while it, or one
// before it, was current.
func TestObservationsComeUnderTheirGeneration(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassHistogram)
	v := newByGeneration()
	want := map[shard.Generation]uint64{}
	for i := range 1000 {
		for range i % 7 {
			r.Observe(1)
			want[s.Generation()]++
		}
		s.Swap()
		s.Drain(1, v)
	}
	for gen, n := range want {
		if v.seen[gen] != n {
			t.Fatalf("generation %d: %d observations, want %d", gen, v.seen[gen], n)
		}
	}
}

// A distribution keeps every value, so one that finds its banks held uses the log
// and not a spill.
func TestADistributionThatIsHeldUsesTheLog(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassDistribution)
	held := s.HoldBank(r, 0)
	require.NotNil(t, held)
	for i := range 500 {
		r.ObserveRaw(float64(i))
	}
	v := &everyValue{totals: newTotals()}
	s.Swap()
	s.Drain(1, v)
	assert.Len(t, v.values, 500)
	assert.Equal(t, 1, s.Held())
	held.Finish(500)
	drain(s, v)
	slices.Sort(v.values)
	require.Len(t, v.values, 501)
	for i, x := range v.values {
		require.Equal(t, float64(i), x)
	}
}

// A bank that is held when the store stops comes through DrainHeld, and is closed
// then like the others.
func TestABankHeldOverStopComesLater(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassHistogram)
	held := s.HoldBank(r, 0)
	require.NotNil(t, held)
	publish := s.HoldRecord(shard.Timed{ID: r.ID(), UnixSec: 1, Value: 1})
	born := s.Generation()
	v := newByGeneration()
	s.Stop(1, v)
	assert.Equal(t, 2, s.DrainHeld(1, v))
	assert.Empty(t, v.visits)
	r.Observe(1)
	held.Finish(4)
	publish()
	assert.Zero(t, s.DrainHeld(1, v))
	assert.Equal(t, map[shard.Generation]uint64{born: 1}, v.seen)
	assert.Len(t, v.timed, 1)
	r.Observe(1)
	r.ObserveIn(0, 1)
	assert.Equal(t, uint64(3), s.Lost().AfterStop)
	assert.Zero(t, s.DrainHeld(1, v))
	assert.Equal(t, uint64(1), v.counts[r.ID()])
}
