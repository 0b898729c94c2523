package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/hotpath"
	"github.com/shardstats/shardstats/bench/sample"
)

// results is one run.
type results struct {
	machine     []string
	head        []benchfmt.Key
	plan        hotpath.Plan
	costs       []hotpath.Cost
	throughputs []hotpath.Throughput
	drain       hotpath.Drain
}

// markdown returns the tables for people.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.machine, " · "))
	fmt.Fprintf(&b, "U is an uncontended atomic add, %.1f ns here, measured in alternation with each workload: %d rounds of %d operations, medians; 10 %% and 90 %% of the rounds in brackets.\n", r.unitNS(), r.plan.Rounds, r.plan.Ops)
	b.WriteString("The goals in U were set on a machine whose atomic add takes 4.8 ns. Where it takes less, U shrinks and the rest of a submission does not.\n\n")
	b.WriteString("| submission | ns/op | in U | goal | allocations |\n| --- | ---: | ---: | ---: | ---: |\n")
	for i := range r.costs {
		c := &r.costs[i]
		name := c.Workload.Name
		if c.BaseNS > 0 {
			name += fmt.Sprintf(" (less %.1f ns of building them)", c.BaseNS)
		}
		fmt.Fprintf(&b, "| %s | %.1f | %s | %s | %s |\n",
			name, c.NS, spread(c.Ratios), verdict("≤", c.Workload.Goal, " U", c.Met()), trimmed(c.Allocs))
	}
	b.WriteString("\n| throughput of 2 goroutines / of 1 | ratio | atomic adds, a word each | goal |\n| --- | ---: | ---: | ---: |\n")
	for i := range r.throughputs {
		t := &r.throughputs[i]
		goal := verdict("≥", t.Goal, "", t.Met())
		if !t.Possible() {
			goal = fmt.Sprintf("≥ %s, not measured: the machine was busy", trimmed(t.Goal))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.Workload.Name, spread(t.Ratios), spread(t.Machine), goal)
	}
	d := &r.drain
	b.WriteString("\n| drain | ns per series | goal | allocations |\n| --- | ---: | ---: | ---: |\n")
	fmt.Fprintf(&b, "| %d touched counters over %d shards | %s | %s | %s |\n",
		d.Series, d.Shards, spread(d.PerNS), verdict("≤", d.GoalNS, "", d.Met()), trimmed(d.Allocs))
	return b.String()
}

// unitNS is the median of U over all workloads.
func (r *results) unitNS() float64 {
	var units []float64
	for i := range r.costs {
		units = append(units, r.costs[i].UnitNS)
	}
	return sample.Median(units)
}

// spread prints the median of the rounds and where most of them lie.
func spread(rounds []float64) string {
	low, mid, high := sample.Spread(rounds)
	return fmt.Sprintf("%.2f (%.2f–%.2f)", mid, low, high)
}

// verdict prints a goal, and whether it was missed.
func verdict(relation string, goal float64, unit string, met bool) string {
	if goal == 0 {
		return "–"
	}
	text := relation + " " + trimmed(goal) + unit
	if !met {
		text += " **missed**"
	}
	return text
}

func trimmed(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

// rawBatches is how many lines a workload has in raw files: enough for benchstat, and
// to see how the run went.
const rawBatches = 40

// raw returns the rounds, in batches, in the format of Go's benchmarks.
func (r *results) raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(r.head...) + "\n")
	procs := runtime.GOMAXPROCS(0)
	for i := range r.costs {
		c := &r.costs[i]
		name := benchfmt.Name("Submit", benchfmt.Key{Key: "kind", Value: c.Workload.Name})
		ns, ratios := sample.Batches(c.Rounds, rawBatches), sample.Batches(c.Ratios, rawBatches)
		for i, ratio := range ratios {
			values := []benchfmt.Value{{Value: ns[i], Unit: "ns/op"}, {Value: ratio, Unit: "U/op"}, {Value: c.Allocs, Unit: "allocs/op"}}
			b.WriteString(benchfmt.Line{Name: name, Procs: procs, Iterations: r.plan.Ops * len(c.Ratios) / len(ratios), Values: values}.String())
		}
	}
	for i := range r.throughputs {
		t := &r.throughputs[i]
		name := benchfmt.Name("Throughput", benchfmt.Key{Key: "kind", Value: t.Workload.Name})
		ratios, machine := sample.Batches(t.Ratios, rawBatches), sample.Batches(t.Machine, rawBatches)
		for i, ratio := range ratios {
			values := []benchfmt.Value{{Value: ratio, Unit: "times-1-goroutine"}, {Value: machine[i], Unit: "times-atomic-adds"}}
			b.WriteString(benchfmt.Line{Name: name, Procs: procs, Iterations: 1, Values: values}.String())
		}
	}
	d := &r.drain
	name := benchfmt.Name("Drain", benchfmt.Key{Key: "series", Value: fmt.Sprint(d.Series)}, benchfmt.Key{Key: "shards", Value: fmt.Sprint(d.Shards)})
	for _, ns := range sample.Batches(d.PerNS, rawBatches) {
		values := []benchfmt.Value{{Value: ns, Unit: "ns/series"}, {Value: d.Allocs, Unit: "allocs/drain"}}
		b.WriteString(benchfmt.Line{Name: name, Procs: procs, Iterations: d.Series, Values: values}.String())
	}
	return b.String()
}
