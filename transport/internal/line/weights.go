package line

import (
	"cmp"
	"math"
	"slices"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Copies is a value and how many observations it stands for on the wire: the line
// has the rate 1/Weight.
type Copies struct {
	Value  float64
	Weight int64
}

// Weigher makes whole weights of those of a [transport.Summary]. Its zero value is
// ready.
type Weigher struct {
	out []Copies
}

// Weigh returns the samples of sum with weights that are whole numbers, 1 at least,
// equal weights next to each other. It is valid until the next call. The result is
// empty if sum has nothing to send: no observations, or [Unfit].
//
// Weights that are not whole are rounded by systematic sampling (Madow 1949,
// https://doi.org/10.1214/aoms/1177729988): laid end to end, each gets the number of
// whole numbers, moved by an offset in [0, 1), that it covers, which is one of its two
// neighbours. So the total is within 1 of the exact one, exact if that is whole, and
// right on average, as is each weight, if offset returns numbers spread evenly over
// points. It is called at most once, and must return the same for the same point, so
// that a repetition is one. A weight below 1 counts as 1: each sample leaves once at
// least.
//
// If the samples stand for fewer than sum.Count observations, because some were
// counted only, all weights grow by one factor, so that the receiver's count is
// sum.Count. If the minimum or the maximum is not among the samples, it is added, and
// takes its 1 from the sample nearest to it that has more. Without any sample, what is
// known of them goes instead: the minimum, the maximum, and for all between their mean.
func (w *Weigher) Weigh(sum *transport.Summary, offset func() float64) []Copies {
	w.out = w.out[:0]
	samples := sum.Samples
	if len(samples) == 0 {
		return w.known(sum)
	}
	total, whole := 0.0, true
	for i := range samples {
		k := atLeastOne(samples[i].Weight)
		total += k
		whole = whole && k == math.Trunc(k)
	}
	if !(total <= MaxWeight) || !(sum.Count <= MaxWeight) {
		return nil
	}
	scale := 1.0
	if sum.Count > total*(1+tolerance) {
		scale, whole = sum.Count/total, false
	}
	if whole {
		for _, s := range samples {
			w.out = append(w.out, Copies{s.Value, int64(atLeastOne(s.Weight))})
		}
	} else {
		w.round(samples, total, scale, offset())
	}
	w.ends(sum)
	w.group()
	return w.out
}

// ends adds the minimum and the maximum, where samples do not have them and a total
// can be kept: a receiver's would else be those of what happened to be kept. A
// Summary whose ends do not fit its samples was made by hand and has none.
func (w *Weigher) ends(sum *transport.Summary) {
	n := len(w.out)
	first, last := w.out[0].Value, w.out[n-1].Value
	if !(sum.Min <= first && last <= sum.Max) {
		return
	}
	for i := 0; i < n && sum.Min < first; i++ {
		if w.out[i].Weight > 1 {
			w.out[i].Weight--
			w.out = append(w.out, Copies{sum.Min, 1})
			break
		}
	}
	for i := n - 1; i >= 0 && sum.Max > last; i-- {
		if w.out[i].Weight > 1 {
			w.out[i].Weight--
			w.out = append(w.out, Copies{sum.Max, 1})
			break
		}
	}
}

// tolerance is how far, relatively, a total may be off by the rounding of floats.
const tolerance = 1e-9

func (w *Weigher) round(samples []transport.Sample, total, scale, offset float64) {
	end := total * scale // of all weights
	if near := math.Round(end); math.Abs(end-near) <= tolerance*end {
		end = near
	}
	covered, before := 0.0, 0.0 // weights so far, and whole numbers so far
	for i, s := range samples {
		covered += atLeastOne(s.Weight)
		upTo := math.Floor(offset + covered*scale)
		if i == len(samples)-1 {
			upTo = math.Floor(offset + end)
		}
		k := max(1, upTo-before) // 0 only for a weight of 1 that the sums of floats cut
		w.out = append(w.out, Copies{s.Value, int64(k)})
		before += k
	}
}

// group brings equal weights together, so that their values can share a line.
func (w *Weigher) group() {
	for i := range w.out {
		if w.out[i].Weight != w.out[0].Weight {
			slices.SortStableFunc(w.out, func(a, b Copies) int { return cmp.Compare(a.Weight, b.Weight) })
			return
		}
	}
}

// known returns what is known of observations without samples.
func (w *Weigher) known(sum *transport.Summary) []Copies {
	n := math.Round(sum.Count)
	if !(n >= 1 && n <= MaxWeight) {
		return nil
	}
	mean := func(total, n float64) float64 { return min(max(total/n, sum.Min), sum.Max) }
	if n < 3 || math.IsInf(sum.Sum-sum.Min-sum.Max, 0) {
		w.out = append(w.out, Copies{mean(sum.Sum, n), int64(n)})
		return w.out
	}
	w.out = append(w.out,
		Copies{sum.Min, 1}, Copies{sum.Max, 1},
		Copies{mean(sum.Sum-sum.Min-sum.Max, n-2), int64(n - 2)})
	return w.out
}

// Unfit says why sum cannot be sent, "" if it can: what [summary.UnfitSamples] says, or
// that it stands for more observations than a line can.
func Unfit(sum *transport.Summary) string {
	if why := summary.UnfitSamples(sum); why != "" {
		return why
	}
	total := 0.0
	for i := range sum.Samples {
		total += atLeastOne(sum.Samples[i].Weight)
	}
	if total > MaxWeight || sum.Count > MaxWeight {
		return "more observations than a line can stand for"
	}
	return ""
}

func atLeastOne(w float64) float64 { return max(1, w) }
