// Command latency times single submissions while series are flushed, with ours and
// with the peers, prints the tables, and writes NAME.md, the tables for people, and
// NAME.txt, every round, and the plots. It ends with 0 when it could measure: a goal
// that is missed is a figure, not a failure.
//
//	go run ./cmd/latency -budget 40s -only shardstats,datadog-go -out ''
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/latency"
	"github.com/shardstats/shardstats/bench/peers"
)

func main() {
	latency.ChildMain(peers.Libraries())
	plan := latency.Standard
	flag.IntVar(&plan.Series, "series", plan.Series, "series that are flushed and submitted to")
	flag.IntVar(&plan.Rounds, "rounds", plan.Rounds, "turns of each library in each state")
	flag.DurationVar(&plan.Budget, "budget", plan.Budget, "what all turns together are to take; each takes 100ms at least")
	flag.DurationVar(&plan.Pause, "pause", plan.Pause, "pause between flushes, in the state that has pauses")
	only := flag.String("only", "", "libraries, with commas between; none: all that take a name and tags")
	out := flag.String("out", "results", "folder for the tables and the rounds; '' writes none")
	name := flag.String("name", "latency", "what the two files are called")
	plots := flag.String("plots", "../docs/plots", "folder for the plots; '' writes none")
	flag.Parse()
	if *only != "" {
		plan.Only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, plan, *out, *name, *plots); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, plan latency.Plan, out, name, plots string) error {
	r, err := latency.Run(ctx, plan, peers.Libraries(), func(done, total int, what string) {
		fmt.Fprintf(os.Stderr, "\r%3d of %d  %-40s", done+1, total, what)
	})
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	fmt.Print(r.Markdown())
	if out != "" {
		if err := files.Results(out, name, r.Markdown(), r.Raw()); err != nil {
			return err
		}
	}
	if plots == "" {
		return nil
	}
	svg, err := r.Plots()
	if err != nil {
		return err
	}
	return files.Write(plots, svg)
}
