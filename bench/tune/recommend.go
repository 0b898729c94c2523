package tune

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
)

// Limits are what a reservoir and a flush interval are chosen by.
type Limits struct {
	Quantile  float64 `json:"quantile"`   // that has to be accurate
	RankError float64 `json:"rank_error"` // what 95 of 100 histograms have to stay within
	// Heap is how much less memory of a histogram makes a smaller reservoir worth it.
	Heap float64 `json:"heap_gain"`
	// FlushCost is the share of one processor that flushes may take.
	FlushCost float64 `json:"flush_cost"`
	// Held is how many bytes a client may have before a flush. 0: any.
	Held float64 `json:"held_bytes"`
}

// DefaultLimits ask for the 99th percentile within one percent of the ranks, and for
// flushes that take one percent of a processor.
var DefaultLimits = Limits{Quantile: 0.99, RankError: 0.01, Heap: 0.1, FlushCost: 0.01}

// Advice is what to do about one option.
type Advice struct {
	Value   int    // 0: keep the default
	Because string // one line, with what to do
}

// adviseShards says in one line what a verdict comes to.
func adviseShards(v Verdict, all []Measured) Advice {
	own := rowOf(all, v.Default)
	switch {
	case v.TooFew:
		return Advice{0, fmt.Sprintf("too few blocks to tell a difference from noise: keep the default (%d shards), or give more blocks", v.Default)}
	case v.Value == v.Default:
		best, mid := v.best()
		text := fmt.Sprintf("no difference above noise: keep the default (%d shards)", v.Default)
		if len(v.Comparisons) > 1 {
			text += fmt.Sprintf("; at most WithShards(%d) is %s as fast (%s)", best, times(mid.Mid), v.interval(mid))
		}
		return Advice{0, text + v.slower()}
	}
	c, row := v.Of(v.Value), rowOf(all, v.Value)
	return Advice{v.Value, fmt.Sprintf("use WithShards(%d) because it is %s as fast as the default of %d (%s), at %s the memory of a series%s",
		v.Value, times(c.Mid), v.Default, v.interval(c), times(sample.Median(row.Heap)/sample.Median(own.Heap)), v.slower())}
}

func rowOf(all []Measured, value int) *Measured {
	return &all[slices.IndexFunc(all, func(m Measured) bool { return m.Value == value })]
}

// best returns the fastest of those that are not the default.
func (v *Verdict) best() (int, Comparison) {
	var best Comparison
	for _, c := range v.Comparisons {
		if c.Value != v.Default && c.Mid > best.Mid {
			best = c
		}
	}
	return best.Value, best
}

// slower names the settings that are slower than the default by more than noise.
func (v *Verdict) slower() string {
	text := ""
	for _, c := range v.Comparisons {
		if c.Slower {
			text += fmt.Sprintf("; WithShards(%d) is slower: %s as fast (%s)", c.Value, times(c.Mid), v.interval(c))
		}
	}
	return text
}

func times(ratio float64) string { return fmt.Sprintf("%.2f times", ratio) }

// interval prints the interval of a comparison.
func (v *Verdict) interval(c Comparison) string {
	return fmt.Sprintf("%s to %s, %.4g %% interval", limit(c.Low), limit(c.High), 100*v.Interval)
}

// limit prints one end of an interval: with two decimals, or as many as show on
// which side of 1 it is.
func limit(x float64) string {
	digits := 2
	for digits < 6 && x != 1 && math.Abs(x-1) < math.Pow10(-digits)/2 {
		digits++
	}
	return fmt.Sprintf("%.*f", digits, x)
}

// reservoirRow is what the choice of a reservoir is made from.
type reservoirRow struct {
	size     int
	expected float64 // rank error
	heap     float64 // bytes of a histogram
	slower   bool
	faster   bool
}

// adviseReservoir takes the smallest reservoir within the limit, if it is larger than
// the default or saves something. It depends on the expected error and not on the
// measured one, which is a sample and would waver at the limit.
func adviseReservoir(rows []reservoirRow, standard int, limits Limits) Advice {
	at := slices.IndexFunc(rows, func(r reservoirRow) bool { return r.size == standard })
	own := rows[at]
	p := fmt.Sprintf("%g %%", 100*limits.Quantile)
	within := fmt.Sprintf("%.2g %% of the ranks", 100*limits.RankError)
	for _, r := range rows {
		switch {
		case r.expected > limits.RankError:
		case r.size == standard:
			return Advice{0, fmt.Sprintf("keep the default (WithReservoirSize(%d)): the %s quantile stays within %s (%.2g %%), and nothing smaller does that for less",
				standard, p, within, 100*r.expected)}
		case r.size > standard:
			return Advice{r.size, fmt.Sprintf("use WithReservoirSize(%d) because the %s quantile then stays within %s (%.2g %%; the default's %.2g %%), at %s the memory of a histogram",
				r.size, p, within, 100*r.expected, 100*own.expected, times(r.heap/own.heap))}
		case r.slower:
		case r.faster || r.heap <= (1-limits.Heap)*own.heap:
			return Advice{r.size, fmt.Sprintf("use WithReservoirSize(%d) because the %s quantile stays within %s (%.2g %%) at %s the memory of a histogram",
				r.size, p, within, 100*r.expected, times(r.heap/own.heap))}
		}
	}
	last := rows[len(rows)-1]
	return Advice{last.size, fmt.Sprintf("use WithReservoirSize(%d), the largest tried: the %s quantile is then within %.2g %% of the ranks, which is more than the %.2g %% asked for",
		last.size, p, 100*last.expected, 100*limits.RankError)}
}

// adviseInterval keeps the default while it is within the limits, for it is what
// readers of graphs expect; else it takes the nearest that is. The limit of the cost
// counts as broken if it was in every simulation, so that noise does not choose.
func adviseInterval(rows []Flushing, standard time.Duration, limits Limits) Advice {
	broken := func(f *Flushing) string {
		held := sample.Median(f.Held)
		switch {
		case slices.Min(f.Cost) > limits.FlushCost:
			return fmt.Sprintf("flushes take %.2g %% of a processor, above %.2g %%", 100*sample.Median(f.Cost), 100*limits.FlushCost)
		case limits.Held > 0 && held > limits.Held:
			return fmt.Sprintf("the client holds %.3g MB before a flush, above %.3g", held/1e6, limits.Held/1e6)
		}
		return ""
	}
	at := slices.IndexFunc(rows, func(f Flushing) bool { return f.Interval == standard })
	why := broken(&rows[at])
	if why == "" {
		return Advice{0, fmt.Sprintf("keep the default (WithFlushInterval(%v)): flushes take %.2g %% of a processor and the client holds %.3g MB, within the limits",
			standard, 100*sample.Median(rows[at].Cost), sample.Median(rows[at].Held)/1e6)}
	}
	far := func(f *Flushing) float64 { return math.Abs(math.Log(float64(f.Interval) / float64(standard))) }
	var best *Flushing
	for i := range rows {
		f := &rows[i]
		if broken(f) == "" && (best == nil || far(f) < far(best)) {
			best = f
		}
	}
	if best == nil {
		return Advice{0, fmt.Sprintf("keep the default (WithFlushInterval(%v)): %s, and no other interval is within the limits; fewer series or a longer roll-up interval would help", standard, why)}
	}
	return Advice{int(best.Interval / time.Second), fmt.Sprintf("use WithFlushInterval(%v) because with the default of %v %s; then they take %.2g %% and the client holds %.3g MB",
		best.Interval, standard, why, 100*sample.Median(best.Cost), sample.Median(best.Held)/1e6)}
}
