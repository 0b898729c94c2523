package sample_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/bench/sample"
)

func TestQuantilesAreRoundsThatWereMeasured(t *testing.T) {
	rounds := []float64{5, 1, 3}
	assert.Equal(t, 3.0, sample.Median(rounds))
	assert.Equal(t, 1.0, sample.Quantile(rounds, 0))
	assert.Equal(t, 5.0, sample.Quantile(rounds, 1))
	assert.Equal(t, []float64{5, 1, 3}, rounds, "the rounds keep their order")
	assert.Zero(t, sample.Median(nil))
}

func TestTheSpreadLeavesOutATenthAtEachEnd(t *testing.T) {
	rounds := make([]float64, 101)
	for i := range rounds {
		rounds[i] = float64(100 - i)
	}
	low, mid, high := sample.Spread(rounds)
	assert.Equal(t, []float64{10, 50, 90}, []float64{low, mid, high})
}

func TestBatchesHaveEveryRoundOnce(t *testing.T) {
	assert.Equal(t, []float64{2, 5, 8}, sample.Batches([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3))
	assert.Equal(t, []float64{1, 2}, sample.Batches([]float64{1, 2}, 5), "fewer rounds than batches")
	assert.Empty(t, sample.Batches(nil, 5))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50).Draw(t, "batches")
		rounds := make([]float64, rapid.IntRange(n, 200).Draw(t, "rounds"))
		batches := sample.Batches(rounds, n)
		assert.Len(t, batches, n)
	})
}

func TestRatiosPairTheRounds(t *testing.T) {
	assert.Equal(t, []float64{2, 3}, sample.Ratios([]float64{2, 5, 9, 7}, []float64{1, 0, 3}))
	assert.Empty(t, sample.Ratios(nil, []float64{1}))
}

func TestDriftOfBothDoesNotWidenTheInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	var a, b []float64
	for i := range 200 {
		drift := 1 + float64(i)/100
		a = append(a, 3*drift*(1+0.01*random.NormFloat64()))
		b = append(b, drift)
	}
	low, mid, high := sample.RatioInterval(a, b)
	assert.InDelta(t, 3, mid, 0.02)
	assert.Less(t, high-low, 0.03)
}

// The interval has to hold the true ratio in about 95 of 100 measurements. With 400
// of them the share is known to within 1.1 % (one standard deviation).
func TestTheIntervalHoldsTheTruthInNineteenOfTwentyRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	const runs = 400
	held := 0
	for range runs {
		var a, b []float64
		for range 41 {
			b = append(b, math.Exp(0.1*random.NormFloat64()))
			a = append(a, 2*b[len(b)-1]*math.Exp(0.1*random.NormFloat64()))
		}
		if low, _, high := sample.RatioInterval(a, b); low <= 2 && 2 <= high {
			held++
		}
	}
	assert.InDelta(t, 0.95, float64(held)/runs, 0.04)
}

func TestIntervalsAreInOrderAndRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds := rapid.SliceOfN(rapid.Float64Range(0.1, 10), 1, 30).Draw(t, "rounds")
		low, mid, high := sample.Interval(rounds)
		assert.LessOrEqual(t, low, mid)
		assert.LessOrEqual(t, mid, high)
		assert.Contains(t, rounds, low)
		assert.Contains(t, rounds, high)
		l, m, h := sample.Interval(rounds)
		assert.Equal(t, []float64{low, mid, high}, []float64{l, m, h})
	})
	low, mid, high := sample.Interval(nil)
	assert.Zero(t, low+mid+high)
}
