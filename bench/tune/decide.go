package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/shardstats/shardstats/bench/sample"
)

// Rounds are what one setting was measured at: the cost of a submission, by block
// and by round within the block. Round r of block b of one setting was measured
// beside round r of block b of every other one.
type Rounds [][]float64

// Candidate is one setting with its rounds.
type Candidate struct {
	Value  int
	Rounds Rounds
}

// Rule says when a difference counts.
type Rule struct {
	// MinGain is how much faster a setting has to be: 0.03 is 3 %.
	MinGain float64
	// Confidence is that of the whole decision: with 0.95, in one of twenty
	// decisions at most some interval misses its ratio. It is shared out among the
	// comparisons (Bonferroni).
	Confidence float64
}

// DefaultRule asks for 3 % at 95 %.
var DefaultRule = Rule{MinGain: 0.03, Confidence: 0.95}

// Comparison is how much faster one setting is than the default: 1.1 is ten percent.
type Comparison struct {
	Value  int     `json:"value"`
	Low    float64 `json:"low"`
	Mid    float64 `json:"mid"`
	High   float64 `json:"high"`
	Faster bool    `json:"faster,omitempty"` // by more than the noise and by more than the least gain
	Slower bool    `json:"slower,omitempty"` // likewise
}

// Verdict is a decision about one option.
type Verdict struct {
	Value       int // what to use
	Default     int
	Comparisons []Comparison // of every candidate, the default among them
	Interval    float64      // the confidence of each interval
	// TooFew says that no interval could be told from so few blocks.
	TooFew bool
}

// Of returns the comparison of one setting.
func (v *Verdict) Of(value int) Comparison {
	i := slices.IndexFunc(v.Comparisons, func(c Comparison) bool { return c.Value == value })
	return v.Comparisons[i]
}

// Choose keeps the default unless another setting is faster; of several that are, it
// takes the smallest that the fastest of them does not beat. The default has to be
// among the candidates. It depends on nothing but its arguments.
func Choose(candidates []Candidate, standard int, rule Rule) Verdict {
	confidence := rule.each(len(candidates) - 1)
	v := Verdict{Value: standard, Default: standard, Interval: confidence}
	at := slices.IndexFunc(candidates, func(c Candidate) bool { return c.Value == standard })
	v.TooFew = len(candidates[at].Rounds) < MinBlocks(len(candidates), rule)
	var faster []Candidate
	for _, c := range candidates {
		comparison := rule.compare(candidates[at].Rounds, c.Rounds, confidence)
		comparison.Value = c.Value
		if comparison.Faster {
			faster = append(faster, c)
		}
		v.Comparisons = append(v.Comparisons, comparison)
	}
	if len(faster) == 0 {
		return v
	}
	best := slices.MaxFunc(faster, func(a, b Candidate) int {
		if x, y := v.Of(a.Value).Mid, v.Of(b.Value).Mid; x != y {
			return cmp.Compare(x, y)
		}
		return b.Value - a.Value
	})
	v.Value = best.Value
	for _, c := range faster {
		if c.Value < v.Value && !rule.compare(c.Rounds, best.Rounds, confidence).Faster {
			v.Value = c.Value
		}
	}
	return v
}

// each is the confidence of one interval of so many.
func (r Rule) each(comparisons int) float64 {
	return 1 - (1-r.Confidence)/float64(max(1, comparisons))
}

// compare says how many times as fast b is as a.
func (r Rule) compare(a, b Rounds, confidence float64) Comparison {
	blocks := make([]float64, min(len(a), len(b)))
	for i := range blocks {
		blocks[i] = sample.Median(sample.Ratios(a[i], b[i]))
	}
	low, mid, high := medianInterval(blocks, confidence)
	return Comparison{
		Low: low, Mid: mid, High: high,
		Faster: low > 1 && mid >= 1+r.MinGain,
		Slower: high < 1 && mid <= 1/(1+r.MinGain),
	}
}

// medianInterval returns the median and an interval that holds the true median with
// at least this confidence, whatever the distribution: the k-th smallest and the
// k-th largest value, with k from the binomial distribution, for each value is as
// likely above the true median as below it (Thompson 1936; benchstat does the same).
// With too few values for this confidence it is everything from 0 to infinity.
func medianInterval(values []float64, confidence float64) (low, mid, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0, 1, math.Inf(1)
	}
	mid = (sorted[(n-1)/2] + sorted[n/2]) / 2
	k := 0 // values left out at each end, plus 1
	for below, term := 0.0, math.Pow(0.5, float64(n)); k < (n+1)/2; k++ {
		// below is the probability that at most k of n values lie below the median.
		if below += term; 2*below > 1-confidence {
			break
		}
		term *= float64(n-k) / float64(k+1)
	}
	if k == 0 {
		return 0, mid, math.Inf(1)
	}
	return sorted[k-1], mid, sorted[n-k]
}

// MinBlocks is how many blocks a decision among so many settings needs: with fewer,
// no interval is narrower than everything.
func MinBlocks(settings int, rule Rule) int {
	miss := 1 - rule.each(settings-1)
	return int(math.Ceil(1 - math.Log2(miss)))
}
