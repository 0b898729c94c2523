package peers

import (
	"fmt"
	"strings"

	"github.com/shardstats/shardstats/bench/sample"
)

// Goal is how many times faster than a peer ours is to be.
type Goal struct {
	Family     string
	Goroutines int
	// Against starts the names of the peers it is about, all ways of using one library;
	// "" are all of them. The fastest counts.
	Against string
	Factor  float64
}

// Goals returns what ours is to reach.
func Goals() []Goal {
	return []Goal{
		{literalCounter, 1, "datadog-go", 4},
		{literalCounter, 2, "datadog-go", 8},
		{keptCounter, 1, "datadog-go", 4},
		{keptCounter, 2, "datadog-go", 8},
		{boundCounter, 2, "client_golang", 2.5},
		{boundHistogram, 1, "", 1.2},
		{boundHistogram, 2, "", 3},
	}
}

// Verdict is what became of a goal in one run.
type Verdict struct {
	Goal Goal
	Peer string // the one that counts; "" if none was measured, and then there is no verdict
	// Speed is how many times faster than the peer ours was, the median over the
	// rounds, with its 95 % interval.
	Low, Speed, High float64
	// Busy says that the machine did not give each goroutine a processor, so that the
	// speed says little.
	Busy bool
}

// Met reports whether the median reaches the goal.
func (v *Verdict) Met() bool { return v.Speed >= v.Goal.Factor }

// String says it in one line.
func (v *Verdict) String() string {
	said := "met"
	if !v.Met() {
		said = fmt.Sprintf("**missed** by %.0f %%", 100*(1-v.Speed/v.Goal.Factor))
	}
	if v.Low < v.Goal.Factor && v.Goal.Factor <= v.High {
		said += ", within the noise"
	}
	if v.Busy {
		said += "; the machine was busy"
	}
	return said
}

// Judge returns the verdicts on the goals that results are there for.
func Judge(goals []Goal, results []Result) []Verdict {
	var verdicts []Verdict
	for _, goal := range goals {
		for i := range results {
			r := &results[i]
			if r.Workload.Family != goal.Family || r.Workload.Goroutines != goal.Goroutines || len(r.Costs) == 0 {
				continue
			}
			ours := r.Of(ourName)
			if peer := fastest(r, goal.Against); peer != nil && ours != nil {
				v := Verdict{Goal: goal, Peer: peer.Library, Busy: busy(r, results)}
				v.Low, v.Speed, v.High = sample.RatioInterval(peer.NS, ours.NS)
				verdicts = append(verdicts, v)
			}
		}
	}
	return verdicts
}

// busy reports whether private atomic adds of r's goroutines had less than 0.85 of the
// throughput that the same run shows for as many processors.
func busy(r *Result, results []Result) bool {
	var alone []float64
	for i := range results {
		if results[i].Workload.Goroutines == 1 {
			alone = append(alone, results[i].UnitNS...)
		}
	}
	n := float64(r.Workload.Goroutines)
	return len(alone) > 0 && n > 1 && 0.85*n*sample.Median(r.UnitNS) > sample.Median(alone)
}

// fastest returns the peer with the smallest median among those whose names start
// with prefix; nil if there is none.
func fastest(r *Result, prefix string) *Cost {
	var best *Cost
	for i := range r.Costs {
		c := &r.Costs[i]
		if c.Library == ourName || !strings.HasPrefix(c.Library, prefix) {
			continue
		}
		if best == nil || c.Median() < best.Median() {
			best = c
		}
	}
	return best
}
