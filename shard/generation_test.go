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

// stamp is which generations were current just before and just after an
// observation.
type stamp struct{ before, after shard.Generation }

// stamps is a visitor that finds each observation's number in its value, and
// notes the generation it came under.
type stamps struct {
	*totals
	under [][]shard.Generation // by submitter and round; 0 if it came without a sample
}

func (v *stamps) Observations(id shard.ID, gen shard.Generation, o *shard.Observations) {
	v.totals.Observations(id, gen, o)
	for _, x := range o.Samples {
		v.under[int(x)/stampRounds][int(x)%stampRounds] = gen
	}
}

const stampRounds = 100_000

// Guarantee G3 while submitters and swaps overlap: the generation an observation
// comes under was current at some moment of the call.
func TestObservationsComeUnderAGenerationOfTheirCallConcurrentSafe(t *testing.T) {
	for name, c := range map[string]struct {
		class      shard.Class
		observe    func(shard.Ref, float64)
		submitters int
		shards     int
	}{
		"histogram":                 {shard.ClassHistogram, shard.Ref.Observe, 3, 4},
		"histogram, one shard":      {shard.ClassHistogram, shard.Ref.Observe, 3, 1},
		"distribution":              {shard.ClassDistribution, shard.Ref.ObserveRaw, 3, 4},
		"several at once":           {shard.ClassHistogram, func(r shard.Ref, v float64) { r.ObserveN([]float64{v}) }, 3, 4},
		"more submitters than rows": {shard.ClassHistogram, shard.Ref.Observe, 32, 2},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Shards = c.shards
			s := shard.New(cfg)
			r := alloc(t, s, c.class)
			v := &stamps{totals: newTotals()}
			rounds := stampRounds / c.submitters
			var made [][]stamp
			for range c.submitters {
				made = append(made, make([]stamp, rounds))
				v.under = append(v.under, make([]shard.Generation, rounds))
			}
			var running atomic.Int32
			running.Store(int32(c.submitters))
			var wg sync.WaitGroup
			for w := range c.submitters {
				wg.Go(func() {
					defer running.Add(-1)
					for i := range rounds {
						before := s.Generation()
						c.observe(r, float64(w*stampRounds+i))
						made[w][i] = stamp{before, s.Generation()}
						if i%16 == 0 {
							runtime.Gosched()
						}
					}
				})
			}
			for running.Load() > 0 {
				s.Swap()
				s.Drain(1, v)
			}
			wg.Wait()
			drain(s, v)
			assert.Equal(t, uint64(rounds*c.submitters), v.counts[r.ID()]+s.Lost().TimedFull)
			came := 0
			for w := range made {
				for i, made := range made[w] {
					gen := v.under[w][i]
					if gen == 0 {
						continue
					}
					came++
					if gen < made.before || gen > made.after {
						t.Fatalf("an observation came under generation %d; %d was current before it and %d after", gen, made.before, made.after)
					}
				}
			}
			assert.Greater(t, came, 100, "too few samples to judge by")
		})
	}
}

// What is observed between a swap and its drain has its place already, in the new
// generation: in a bank, and in the spill if that is held. A drain must not find
// it in the log, whose content has no generation.
func TestAnObservationBetweenSwapAndDrainIsOfTheNewGeneration(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassHistogram)
	for range 6 {
		s.Swap()
		r.Observe(1)
		held := s.HoldBank(r, 0)
		require.NotNil(t, held)
		r.Observe(2) // to the spill
		held.Finish(3)
		gen := s.Generation()
		v := newByGeneration()
		s.Drain(1, v)
		assert.Empty(t, v.visits, "came with the generation before")
		s.Swap()
		s.Drain(1, v)
		assert.Equal(t, map[shard.Generation]uint64{gen: 3}, v.seen)
		assert.Equal(t, 2, v.visits[r.ID()], "the bank and the spill")
	}
}

// While the flusher has a spill, nothing enters it, not even a submitter that
// read the generation long ago.
func TestASpillThatIsBeingDrainedTakesNothing(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassHistogram)
	enter := s.EnterSpill(r)
	assert.True(t, enter(), "before the drain")
	giveBack := s.TakeSpill(r)
	assert.False(t, enter(), "during the drain")
	giveBack()
	assert.False(t, enter(), "in the generation after the next")
}
