package tune

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// noise is a machine in a simulation.
type noise struct {
	luck  float64 // of a client's memory, by block
	round float64
	burst float64 // share of the rounds that a neighbour disturbs
	drift float64 // of the clock, over all rounds
}

// A shared machine, with neighbours.
var busy = noise{luck: 0.015, round: 0.04, burst: 0.1, drift: 0.3}

const (
	simBlocks = 12
	simRounds = 15
)

// simulate returns rounds of settings with these true costs.
func simulate(random *rand.Rand, n noise, costs map[int]float64) []Candidate {
	var values []int
	for v := range costs {
		values = append(values, v)
	}
	slices.Sort(values)
	all := make([]Candidate, len(values))
	for i, v := range values {
		all[i].Value = v
	}
	clock := 1.0
	for range simBlocks {
		luck := make([]float64, len(values))
		for i := range luck {
			luck[i] = math.Exp(n.luck * random.NormFloat64())
			all[i].Rounds = append(all[i].Rounds, nil)
		}
		for range simRounds {
			clock *= math.Exp(n.drift / simBlocks / simRounds * random.NormFloat64())
			for i, v := range values {
				cost := costs[v] * luck[i] * clock * math.Exp(n.round*random.NormFloat64())
				if random.Float64() < n.burst {
					cost *= 1 + 2*random.Float64()
				}
				last := len(all[i].Rounds) - 1
				all[i].Rounds[last] = append(all[i].Rounds[last], cost)
			}
		}
	}
	return all
}

const trials = 500

// share is how often something holds in simulated tunings. The seed is fixed, so a
// share is a figure of the code and not of chance.
func share(holds func(*rand.Rand) bool) float64 {
	random := rand.New(rand.NewPCG(11, 13))
	n := 0
	for range trials {
		if holds(random) {
			n++
		}
	}
	return float64(n) / trials
}

func TestNoDifferenceKeepsTheDefault(t *testing.T) {
	equal := map[int]float64{1: 50, 2: 50, 4: 50, 8: 50, 16: 50}
	alarms := share(func(r *rand.Rand) bool { return Choose(simulate(r, busy, equal), 2, DefaultRule).Value != 2 })
	assert.LessOrEqual(t, alarms, 0.01, "false alarms")
	// Without the least gain the intervals alone have to hold what they promise.
	strict := Rule{Confidence: 0.95}
	alarms = share(func(r *rand.Rand) bool { return Choose(simulate(r, busy, equal), 2, strict).Value != 2 })
	assert.LessOrEqual(t, alarms, 0.05, "one of twenty decisions")
}

func TestADefaultPlantedSlowIsLeft(t *testing.T) {
	slow := map[int]float64{1: 50, 2: 55, 4: 50, 8: 50}
	found := share(func(r *rand.Rand) bool { return Choose(simulate(r, busy, slow), 2, DefaultRule).Value != 2 })
	assert.GreaterOrEqual(t, found, 0.99)
}

func TestASettingPlantedSlowIsNamedAndNeverChosen(t *testing.T) {
	slow := map[int]float64{1: 50, 2: 50, 4: 55, 8: 50}
	named := share(func(r *rand.Rand) bool {
		v := Choose(simulate(r, busy, slow), 2, DefaultRule)
		assert.NotEqual(t, 4, v.Value)
		return v.Of(4).Slower && !v.Of(1).Slower && !v.Of(8).Slower
	})
	assert.GreaterOrEqual(t, named, 0.98)
}

func TestThreeTuningsInARowAgree(t *testing.T) {
	for name, costs := range map[string]map[int]float64{
		"all equal":            {1: 50, 2: 50, 4: 50, 8: 50},
		"the default slow":     {1: 50, 2: 60, 4: 50, 8: 50},
		"more shards faster":   {1: 200, 2: 100, 4: 60, 8: 50, 16: 50},
		"fewer shards slower":  {1: 80, 2: 50, 4: 50, 8: 50},
		"slightly beyond most": {1: 50, 2: 50, 4: 49.5, 8: 49.5},
	} {
		agreed := share(func(r *rand.Rand) bool {
			var choices []int
			for range 3 {
				choices = append(choices, Choose(simulate(r, busy, costs), 2, DefaultRule).Value)
			}
			return len(slices.Compact(choices)) == 1
		})
		assert.GreaterOrEqual(t, agreed, 0.95, name)
	}
}

func TestOfSeveralFasterTheSmallestIsTaken(t *testing.T) {
	costs := map[int]float64{2: 100, 4: 50, 8: 50, 16: 50}
	taken := share(func(r *rand.Rand) bool { return Choose(simulate(r, busy, costs), 2, DefaultRule).Value == 4 })
	assert.GreaterOrEqual(t, taken, 0.97)
	costs = map[int]float64{2: 100, 4: 80, 8: 50, 16: 50}
	taken = share(func(r *rand.Rand) bool { return Choose(simulate(r, busy, costs), 2, DefaultRule).Value == 8 })
	assert.GreaterOrEqual(t, taken, 0.97)
}

// The interval is exact for every distribution: it misses the median at most as
// often as promised.
func TestTheIntervalOfTheMedianHolds(t *testing.T) {
	for _, confidence := range []float64{0.9, 0.95, 0.99} {
		for _, n := range []int{8, 12, 25} {
			held := share(func(r *rand.Rand) bool {
				values := make([]float64, n)
				for i := range values {
					values[i] = math.Exp(3 * r.NormFloat64()) // whose median is 1
				}
				low, _, high := medianInterval(values, confidence)
				return low <= 1 && 1 <= high
			})
			assert.GreaterOrEqual(t, held, confidence-0.015, "%d values at %v", n, confidence)
		}
	}
}

func TestKnownIntervals(t *testing.T) {
	values := []float64{9, 1, 8, 2, 7, 3, 6, 4, 5, 10}
	low, mid, high := medianInterval(values, 0.95)
	assert.Equal(t, []float64{2, 5.5, 9}, []float64{low, mid, high}, "2·(1+10)/1024 = 2.1 % lie beyond")
	low, mid, high = medianInterval(values[:5], 0.95)
	assert.Equal(t, []float64{0, 7, math.Inf(1)}, []float64{low, mid, high}, "2/32 = 6 % lie beyond the outermost")
	low, mid, high = medianInterval(values[:6], 0.95)
	assert.Equal(t, []float64{1, 5, 9}, []float64{low, mid, high})
	_, mid, _ = medianInterval(nil, 0.95)
	assert.Equal(t, 1.0, mid)
}

func TestTooFewBlocksDecideNothing(t *testing.T) {
	for _, settings := range []int{2, 4, 9} {
		need := MinBlocks(settings, DefaultRule)
		all := make([]Candidate, settings)
		for i := range all {
			all[i] = Candidate{Value: i, Rounds: slices.Repeat(Rounds{{float64(100 - 10*i)}}, need)}
		}
		v := Choose(all, 0, DefaultRule)
		assert.Equal(t, settings-1, v.Value)
		assert.False(t, v.TooFew)
		for i := range all {
			all[i].Rounds = all[i].Rounds[1:]
		}
		v = Choose(all, 0, DefaultRule)
		assert.Equal(t, 0, v.Value, "%d settings, %d blocks", settings, need-1)
		assert.True(t, v.TooFew)
	}
}

func TestADecisionDependsOnRatiosAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		costs := map[int]float64{}
		for _, v := range []int{1, 2, 4, 8} {
			costs[v] = rapid.Float64Range(10, 100).Draw(t, "cost")
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		all := simulate(random, busy, costs)
		v := Choose(all, 2, DefaultRule)
		require.Contains(t, costs, v.Value)
		require.Len(t, v.Comparisons, len(all))
		if v.Value != 2 {
			require.True(t, v.Of(v.Value).Faster)
		}
		own := v.Of(2)
		require.Equal(t, []float64{1, 1, 1}, []float64{own.Low, own.Mid, own.High})

		// Another clock and another order change nothing: a factor of two is exact.
		scaled := slices.Clone(all)
		for i, c := range scaled {
			scaled[i].Rounds = nil
			for _, block := range c.Rounds {
				double := make([]float64, len(block))
				for r := range block {
					double[r] = 2 * block[r]
				}
				scaled[i].Rounds = append(scaled[i].Rounds, double)
			}
		}
		slices.Reverse(scaled)
		again := Choose(scaled, 2, DefaultRule)
		slices.Reverse(again.Comparisons)
		require.Equal(t, v, again)
	})
}
