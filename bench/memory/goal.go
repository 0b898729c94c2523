package memory

import "fmt"

// Goal is a figure that has one.
type Goal struct {
	What  string
	Value float64
	Unit  string
	Most  float64 // 0: none was set
}

// Met reports whether the goal was reached; true if there is none.
func (g *Goal) Met() bool { return g.Most == 0 || g.Value <= g.Most }

// Goals returns what was asked for and measured.
func (r *Result) Goals() (goals []Goal) {
	long := r.Plan.LongTags
	counter := Case{Library: Ours, Kind: Counter, Series: 100_000, LongTags: long}
	if c := r.cost(counter); c != nil {
		goals = append(goals, Goal{"a counter series with 3 tags, 100,000 of them, in the steady state before a flush", c.Full, " B", 200})
	}
	for i, shards := range r.Plan.Shards {
		few, many := counter, counter
		few.Shards, many.Shards = r.Plan.Shards[0], shards
		a, b := r.cost(few), r.cost(many)
		if i == 0 || a == nil || b == nil {
			continue
		}
		goals = append(goals,
			Goal{fmt.Sprintf("the same with WithShards(%d), %d processors touching it, to WithShards(%d)", shards, processors, few.Shards), b.Full / a.Full, "", 1.3},
			Goal{fmt.Sprintf("what each of the untouched shards of the %d costs a series", shards), (b.Full - a.Full) / float64(shards-few.Shards), " B", 1})
	}
	for i, n := range r.Plan.Observations {
		few, many := counter, counter
		few.Kind, many.Kind = Histogram, Histogram
		few.Observations, many.Observations = r.Plan.Observations[0], n
		for _, series := range r.Plan.Series { // the largest number that both were measured with
			x, y := few, many
			x.Series, y.Series = series, series
			if r.cost(x) != nil && r.cost(y) != nil {
				few.Series, many.Series = series, series
			}
		}
		a, b := r.cost(few), r.cost(many)
		if i == 0 || a == nil || b == nil {
			continue
		}
		goals = append(goals, Goal{fmt.Sprintf("each further sample of a histogram, from %d to %d observations, %d series", few.Observations, n, few.Series),
			(b.Full - a.Full) / float64(n-few.Observations), " B", 0})
	}
	return goals
}

// processors is how many goroutines submit, and so how many processors touch a
// series where the machine has as many.
const processors = 2

// cost returns what was measured; nil if it was not.
func (r *Result) cost(c Case) *Cost {
	if cost := r.Costs[c]; cost != nil && cost.Skipped == "" {
		return cost
	}
	return nil
}
