package rollup_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/rollup"
)

// The banks of the test: how many observations each has seen. They differ in
// size by three orders, and the smaller ones kept all of it.
var bankSizes = []int{20_000, 3000, 800, 100, 30}

const (
	bankRoom  = 100 // samples a bank keeps
	trials    = 800
	binsOfOne = 10 // bins of one bank, by the time of its observations
)

// A reservoir keeps bankRoom of n observations; it returns their numbers.
type reservoir func(rng *rand.Rand, n int) []float64

// algorithmR is Vitter's (1985): the i-th observation is kept with probability
// room/i, in a random place.
func algorithmR(rng *rand.Rand, n int) []float64 {
	var kept []float64
	for i := range n {
		if len(kept) < bankRoom {
			kept = append(kept, float64(i))
		} else if j := rng.IntN(i + 1); j < bankRoom {
			kept[j] = float64(i)
		}
	}
	return kept
}

// latestWins is what ThreadStats does: once full, every observation overwrites
// one in a random place.
func latestWins(rng *rand.Rand, n int) []float64 {
	var kept []float64
	for i := range n {
		if len(kept) < bankRoom {
			kept = append(kept, float64(i))
		} else {
			kept[rng.IntN(bankRoom)] = float64(i)
		}
	}
	return kept
}

// merge is how the samples of a bank of n observations join a bucket.
type merge func(b *rollup.Bucket, kept []float64, n int)

func byWeight(b *rollup.Bucket, kept []float64, n int) {
	b.AddObservations(0, 0, 0, uint64(n), 0, 0, 0, kept, uint64(n))
}

// unweighted lets each sample count for one, whatever it stands for.
func unweighted(b *rollup.Bucket, kept []float64, _ int) {
	b.AddObservations(0, 0, 0, uint64(len(kept)), 0, 0, 0, kept, uint64(len(kept)))
}

// byWeightInStages merges through a bucket of its own, as late parts are.
func byWeightInStages(b *rollup.Bucket, kept []float64, n int) {
	half := rollup.NewBucket(rollup.Limits{Reservoir: bankRoom / 2}, stagesRNG)
	byWeight(half, kept, n)
	half.Samples(0, 0)
	b.Merge(half, 0, 0)
}

var stagesRNG = rand.New(rand.NewPCG(5, 6))

// unevenness returns χ² of how often the observations of each bin are among those
// kept after the merge of all banks, against an equal chance for every
// observation, and its degrees of freedom. The values are shuffled, for samples
// are taken evenly over the values, and a bin must not be a range of them.
func unevenness(keep reservoir, join merge) (chi2 float64, freedom int) {
	rng := rand.New(rand.NewPCG(2024, 11))
	total, offsets := 0, []int{}
	for _, n := range bankSizes {
		offsets = append(offsets, total)
		total += n
	}
	got := make([][binsOfOne]float64, len(bankSizes))
	all := 0.0
	b := rollup.NewBucket(rollup.Limits{Reservoir: bankRoom}, rng)
	bank := make([]float64, 0, bankRoom)
	for range trials {
		value := rng.Perm(total) // of each observation
		number := make([]int32, total)
		for i, v := range value {
			number[v] = int32(i)
		}
		b.Reset()
		for i, n := range bankSizes {
			bank = bank[:0]
			for _, j := range keep(rng, n) {
				bank = append(bank, float64(value[offsets[i]+int(j)]))
			}
			join(b, bank, n)
		}
		for _, s := range b.Samples(0, 0) {
			j := int(number[int(s.Value)])
			i := len(offsets) - 1
			for offsets[i] > j {
				i--
			}
			got[i][(j-offsets[i])*binsOfOne/bankSizes[i]]++
			all++
		}
	}
	for i, n := range bankSizes {
		want := all * float64(n) / float64(total) / binsOfOne
		for _, g := range got[i] {
			chi2 += (g - want) * (g - want) / want
		}
	}
	return chi2, len(bankSizes)*binsOfOne - 1
}

// critical is the χ² that one in a thousand exceeds by chance (Wilson and
// Hilferty 1931).
func critical(freedom int) float64 {
	k, z := float64(freedom), 3.0902
	return k * math.Pow(1-2/(9*k)+z*math.Sqrt(2/(9*k)), 3)
}

func TestEachObservationHasTheSameChance(t *testing.T) {
	for _, c := range []struct {
		name string
		keep reservoir
		join merge
		even bool
	}{
		{"merged by weight", algorithmR, byWeight, true},
		{"merged by weight, twice", algorithmR, byWeightInStages, true},
		{"merged without weights", algorithmR, unweighted, false},
		{"kept as ThreadStats does", latestWins, byWeight, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			chi2, freedom := unevenness(c.keep, c.join)
			t.Logf("χ² = %.0f, the limit is %.0f", chi2, critical(freedom))
			if c.even {
				assert.Less(t, chi2, critical(freedom))
			} else {
				assert.Greater(t, chi2, 10*critical(freedom), "the test would notice")
			}
		})
	}
}

// A percentile of merged banks is near the one of all observations, although the
// banks are of very different values and sizes.
func TestPercentilesOfMergedBanks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	b := rollup.NewBucket(rollup.Limits{Reservoir: 1000}, rng)
	// 100,000 observations of 0–1, 1,000 of 100: the slow ones are the top percent.
	for i, n := range []int{90_000, 10_000, 1000} {
		kept := make([]float64, min(n, 1000))
		for j := range kept {
			if kept[j] = rng.Float64(); i == 2 {
				kept[j] = 100
			}
		}
		b.AddObservations(0, 0, 0, uint64(n), 0, 0, 100, kept, uint64(n))
	}
	samples := b.Samples(0, 0)
	assert.Len(t, samples, 1000)
	assert.InDelta(t, 0.505, rollup.Percentile(samples, rollup.Million/2), 0.06)
	assert.Less(t, rollup.Percentile(samples, rollup.ToPPM(0.98)), 1.0)
	assert.Equal(t, 100.0, rollup.Percentile(samples, rollup.ToPPM(0.995)))
}
