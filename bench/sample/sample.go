package sample

import (
	"math/rand/v2"
	"slices"
)

// Quantile returns the value at fraction q, 0 to 1, of the sorted rounds: one of
// them, the nearest by rank. 0 if there are none.
func Quantile(rounds []float64, q float64) float64 {
	return quantileOf(slices.Sorted(slices.Values(rounds)), q)
}

// quantileOf is Quantile of values that are sorted.
func quantileOf(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// Median returns the value that half of the rounds do not exceed.
func Median(rounds []float64) float64 { return Quantile(rounds, 0.5) }

// Spread returns where most of the rounds lie: the quantiles 0.1, 0.5 and 0.9.
func Spread(rounds []float64) (low, mid, high float64) {
	sorted := slices.Sorted(slices.Values(rounds))
	return quantileOf(sorted, 0.1), quantileOf(sorted, 0.5), quantileOf(sorted, 0.9)
}

// Batches returns the medians of at most n batches of rounds that followed each other,
// for files that are to show how a run went and not every round of it.
func Batches(rounds []float64, n int) []float64 {
	n = min(n, len(rounds))
	medians := make([]float64, n)
	for i := range medians {
		medians[i] = Median(rounds[i*len(rounds)/n : (i+1)*len(rounds)/n])
	}
	return medians
}

// Ratios returns a[i]/b[i] of rounds that were measured side by side. Rounds that
// one of the two lacks are left out, and those where b is 0.
func Ratios(a, b []float64) []float64 {
	n := min(len(a), len(b))
	ratios := make([]float64, 0, n)
	for i := range n {
		if b[i] != 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	return ratios
}

// resamples is how often RatioInterval draws: quantiles at 2.5 % and 97.5 % then have
// 25 draws beyond them.
const resamples = 1000

// RatioInterval returns the median of the ratios a[i]/b[i], and the bootstrap's 95 %
// interval around it: where the median lies if the rounds are drawn again and again,
// with replacement, from those that were measured (the percentile bootstrap, Efron
// 1979). Rounds are taken for independent; what drifts over many of them, such as
// the clock of the processor, is in both of a pair and so not in their ratio.
//
// The same rounds give the same interval.
func RatioInterval(a, b []float64) (low, mid, high float64) {
	return Interval(Ratios(a, b))
}

// Interval returns the median of the rounds and its bootstrap 95 % interval, as
// [RatioInterval] does for ratios.
func Interval(rounds []float64) (low, mid, high float64) {
	if len(rounds) == 0 {
		return 0, 0, 0
	}
	sorted := slices.Sorted(slices.Values(rounds))
	random := rand.New(rand.NewPCG(1, 2)) // fixed: a report is the same each time it is made
	// A value drawn from the sorted rounds is known by its place, so the median of a
	// draw is the round at the median place.
	medians := make([]int, resamples)
	places := make([]int, len(sorted))
	for i := range medians {
		for j := range places {
			places[j] = random.IntN(len(sorted))
		}
		slices.Sort(places)
		medians[i] = places[len(places)/2]
	}
	slices.Sort(medians)
	at := func(q float64) float64 { return sorted[medians[int(q*float64(resamples-1)+0.5)]] }
	return at(0.025), quantileOf(sorted, 0.5), at(0.975)
}
