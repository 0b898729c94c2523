package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/encode"
	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/sample"
)

// encodeResults is one run over the wires.
type encodeResults struct {
	machine []string
	head    []benchfmt.Key
	plan    encode.Plan
	results []encode.Result
}

// runEncode measures the encoders and writes NAME.md and NAME.txt.
func runEncode(out, name string, rounds int) error {
	r := encodeResults{machine: machine.Describe(), head: benchfmt.Machine("github.com/shardstats/shardstats/bench/encode"), plan: encode.Plan{Rounds: rounds}}
	for _, c := range encode.Cases() {
		fmt.Fprintf(os.Stderr, "measuring %s of %s\n", c.Kind, c.Wire)
		result, err := encode.Measure(c, r.plan)
		if err != nil {
			return err
		}
		r.results = append(r.results, result)
	}
	table := r.markdown()
	fmt.Print(table)
	return files.Results(out, name, table, r.raw())
}

// markdown returns the table for people.
func (r *encodeResults) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.machine, " · "))
	fmt.Fprintf(&b, "From series in memory to bytes handed over: to a RoundTripper that answers at once, or to the kernel for a UDP socket that nobody reads, in datagrams of 1,432 bytes. What the system calls for those take alone is taken off, and stands in a column of its own. Three tags each; a histogram or distribution has 100 samples. Uncompressed where nothing is said. %d rounds, each subject by turns in each, medians; 10 %% and 90 %% of the rounds in brackets. Allocations are those of one more series, without those of a request.\n\n", r.plan.Rounds)
	b.WriteString("| wire | series | by | ns per series | system calls | bytes per series | allocations | goal |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	for i := range r.results {
		result := &r.results[i]
		c := &result.Case
		for j := range result.Costs {
			cost := &result.Costs[j]
			wire, kind, goal := c.Wire, fmt.Sprintf("%d %ss", c.Series, c.Kind), "–"
			if j == 0 {
				goal = verdict("≤", c.GoalNS, " ns", result.Met())
			} else {
				wire, kind = "", ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.0f | %s | %s |\n",
				wire, kind, cost.Subject, wholeSpread(cost.NS), overhead(cost.Over), cost.Bytes, trimmed(cost.Allocs), goal)
		}
	}
	b.WriteString("\nWhat the peers do more or less than ours:\n\n")
	said := map[string]bool{}
	for i := range r.results {
		for _, cost := range r.results[i].Costs {
			line := fmt.Sprintf("- %s, %s: %s.\n", cost.Subject, r.results[i].Case.Kind, cost.Note)
			if cost.Note != "" && !said[line] {
				said[line] = true
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

// overhead prints what handing over takes, if it is anything.
func overhead(rounds []float64) string {
	if v := sample.Median(rounds); v >= 1 {
		return fmt.Sprintf("%.0f", v)
	}
	return "–"
}

// wholeSpread prints the median of the rounds and where most of them lie, in whole
// numbers.
func wholeSpread(rounds []float64) string {
	low, mid, high := sample.Spread(rounds)
	return fmt.Sprintf("%.0f (%.0f–%.0f)", mid, low, high)
}

// raw returns the rounds, in batches, in the format of Go's benchmarks.
func (r *encodeResults) raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(r.head...) + "\n")
	procs := runtime.GOMAXPROCS(0)
	for i := range r.results {
		c := &r.results[i].Case
		for j := range r.results[i].Costs {
			cost := &r.results[i].Costs[j]
			name := benchfmt.Name("Encode", benchfmt.Key{Key: "wire", Value: c.Wire}, benchfmt.Key{Key: "kind", Value: c.Kind.String()},
				benchfmt.Key{Key: "series", Value: fmt.Sprint(c.Series)}, benchfmt.Key{Key: "by", Value: cost.Subject})
			over := sample.Batches(cost.Over, rawBatches)
			for i, ns := range sample.Batches(cost.NS, rawBatches) {
				values := []benchfmt.Value{
					{Value: ns, Unit: "ns/series"}, {Value: over[i], Unit: "system-ns/series"},
					{Value: cost.Bytes, Unit: "bytes/series"}, {Value: cost.Allocs, Unit: "allocs/series"},
				}
				b.WriteString(benchfmt.Line{Name: name, Procs: procs, Iterations: c.Series, Values: values}.String())
			}
		}
	}
	return b.String()
}
