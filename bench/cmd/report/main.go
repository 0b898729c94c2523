// Command report measures the hot path, or with -what encode the wires, flush what
// flushes cost, scaling what processors that share lines cost each other. It prints
// the tables beside their goals, and writes two files: NAME.md, the tables for people,
// and NAME.txt, the machine and what they were made from. That of the hot path and of
// the wires is in the format that benchstat reads, in batches of rounds; that of
// flushes and scaling has every round.
//
// It ends with 0 when it could measure: a goal that is missed is a figure, not a
// failure.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/encode"
	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/hotpath"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/section"
)

func main() {
	out := flag.String("out", "results", "folder for the two files")
	name := flag.String("name", "", "their name; empty: what is measured")
	readme := flag.String("readme", "", "a document to put the tables into, too")
	what := flag.String("what", "hotpath", "what is measured: hotpath (submissions), encode (the wires), flush, or scaling (processors)")
	rounds := flag.Int("rounds", 0, "rounds for each workload; 0: as many as are good for what is measured")
	flag.Parse()
	*name = cmp.Or(*name, *what)
	var err error
	switch *what {
	case "hotpath":
		err = run(*out, *name, *readme, orElse(*rounds, hotpath.Standard.Rounds))
	case "encode":
		err = runEncode(*out, *name, orElse(*rounds, encode.Standard.Rounds))
	case "flush":
		err = runFlush(*out, *name, *readme, *rounds)
	case "scaling":
		err = runScaling(*out, *name, *readme, *rounds)
	default:
		err = fmt.Errorf("-what %s: give hotpath, encode, flush or scaling", *what)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func run(out, name, readme string, rounds int) error {
	plan := hotpath.Standard
	plan.Rounds = rounds
	r := results{machine: machine.Describe(), head: benchfmt.Machine("github.com/shardstats/shardstats/bench/hotpath"), plan: plan}
	for _, w := range hotpath.Workloads() {
		fmt.Fprintln(os.Stderr, "measuring", w.Name)
		cost, err := hotpath.Measure(w, plan)
		if err != nil {
			return err
		}
		r.costs = append(r.costs, cost)
	}
	for _, w := range hotpath.Workloads() {
		if !w.Scales {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", w.Name, "at 2 goroutines")
		both, err := hotpath.MeasureThroughput(w, plan)
		if err != nil {
			return err
		}
		r.throughputs = append(r.throughputs, both)
	}
	fmt.Fprintln(os.Stderr, "measuring a drain")
	r.drain = hotpath.MeasureDrain(100_000, max(1, rounds/8))

	table := r.markdown()
	fmt.Print(table)
	if readme != "" {
		if err := section.Into(readme, "hotpath", table); err != nil {
			return err
		}
	}
	return files.Results(out, name, table, r.raw())
}
