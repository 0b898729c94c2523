package tune

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// What a probe of accuracy costs at most: some histograms, and fewer if each gets
// many values.
const (
	probeSeries = 16
	probeValues = 320_000
	mostFills   = 40 // until the reservoirs have their size
)

// Accuracy is what histograms with one reservoir size came to.
type Accuracy struct {
	Errors []float64 // of the quantile's rank, as a fraction, one for each histogram
	Heap   float64   // bytes of one histogram with its samples
}

// probe fills histograms with values whose ranks are known and reads the quantile
// back.
func probe(ctx context.Context, setting Setting, goroutines, observations int, quantile float64, random *rand.Rand) (Accuracy, error) {
	n := min(max(1, probeValues/observations), probeSeries)
	heard := &listener{quantile: quantile, observations: observations}
	options := append(setting.options(n), stats.WithTransport(heard))
	client, err := stats.New(options...)
	if err != nil {
		return Accuracy{}, err
	}
	values := make([]float64, observations) // the value is the rank
	for i, v := range random.Perm(observations) {
		values[i] = float64(v)
	}
	before := float64(machine.LiveHeap())
	histograms := make([]*stats.Histogram, n)
	for i := range histograms {
		histograms[i] = client.NewHistogram("probe", "n:"+string(rune('a'+i)))
	}
	sub := &subject{submitters: make([]submitter, goroutines)}
	fill := func() {
		sub.together(func(g int) {
			for _, h := range histograms {
				// Each its own part: every value once, and none twice.
				h.ObserveN(values[observations*g/goroutines : observations*(g+1)/goroutines])
			}
		})
	}
	// A reservoir grows by pages that a flush has prepared, and two generations take
	// turns: at first there are too few, and the client counts that.
	for quiet, starved, n := 0, uint64(0), 0; quiet < 4 && n < mostFills; n++ {
		fill()
		if err := client.Flush(ctx); err != nil {
			return Accuracy{}, err
		}
		quiet++
		if now := client.Ledger().Starved; now != starved {
			quiet, starved = 0, now
		}
	}
	heard.errors = heard.errors[:0]
	fill()
	a := Accuracy{Heap: (float64(machine.LiveHeap()) - before) / float64(n)}
	if err := client.Flush(ctx); err != nil {
		return Accuracy{}, err
	}
	a.Errors = slices.Clone(heard.errors)
	return a, client.Shutdown(ctx)
}

// listener is a transport that looks at the samples of each histogram.
type listener struct {
	quantile     float64
	observations int
	errors       []float64
}

// Describe implements transport.Describer.
func (*listener) Describe() transport.Description {
	return transport.Description{Name: "tune", Summaries: true}
}

// Send implements transport.Transport.
func (l *listener) Send(_ context.Context, b *transport.Batch) error {
	for i := range b.Series {
		for _, p := range b.Series[i].Points {
			if p.Summary != nil {
				value := nearestRank(p.Summary.Samples, l.quantile)
				rank := (value + 1) / float64(l.observations)
				l.errors = append(l.errors, math.Abs(rank-l.quantile))
			}
		}
	}
	return nil
}

// Close implements transport.Transport.
func (*listener) Close(context.Context) error { return nil }

// nearestRank is the smallest value whose cumulated weight reaches the quantile.
func nearestRank(samples []transport.Sample, quantile float64) float64 {
	all := 0.0
	for _, s := range samples {
		all += s.Weight
	}
	below := 0.0
	for _, s := range samples {
		// Sums of weights are off by some 1e-16 of the whole.
		if below += s.Weight; below >= quantile*all*(1-1e-12) {
			return s.Value
		}
	}
	return 0
}

// RankError is what 95 of 100 histograms stay below, as a fraction of all values:
// the rank of a quantile that is told from so many of them drawn at random. With
// all of them it is 0.
func RankError(quantile float64, kept, observations int) float64 {
	if kept >= observations {
		return 0
	}
	const standardDeviations = 1.96
	left := 1 - float64(kept)/float64(observations) // drawn without putting back
	return standardDeviations * math.Sqrt(quantile*(1-quantile)/float64(kept)*left)
}
