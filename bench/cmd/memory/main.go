// Command memory prints what a series costs on the heap, in bytes, with ours and
// with the peers, and writes NAME.md, the table for people, NAME.txt, for benchstat,
// and a plot. Each figure is measured in a process of its own. It ends with 0 when it
// could measure: a goal that is missed is a figure, not a failure.
//
//	go run ./cmd/memory -only shardstats -kinds counter -series 100000 -out ''
//
// With -profile it writes a heap profile of each case, too, for go tool pprof
// -sample_index=inuse_space.
//
// With -soak it runs our client over many intervals with ever new series instead,
// writes soak.md and a plot, and fails if memory grows or a count is lost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/memory"
	"github.com/shardstats/shardstats/bench/peers"
)

type flags struct {
	plan                              memory.Plan
	only, kinds, series, observations string
	shards, out, name, plots, profile string
	soak                              bool
	soakPlan                          memory.SoakPlan
}

func main() {
	memory.ChildMain(peers.Libraries())
	f := flags{plan: memory.Standard, soakPlan: memory.StandardSoak}
	flag.StringVar(&f.only, "only", "", "libraries, with commas between; none: all")
	flag.StringVar(&f.kinds, "kinds", "counter,gauge,histogram", "kinds of series")
	flag.StringVar(&f.series, "series", "1000,100000,1000000", "numbers of series, the smallest first")
	flag.StringVar(&f.observations, "observations", "1,100,1000", "observations of a histogram in an interval, the fewest first")
	flag.StringVar(&f.shards, "shards", "2,64", "numbers of shards that ours is measured with besides; none: none")
	flag.BoolVar(&f.plan.LongTags, "long", false, "a tag of 30 bytes instead of 14")
	flag.DurationVar(&f.plan.Budget, "budget", f.plan.Budget, "what all cases together may take; the small ones come first")
	flag.DurationVar(&f.plan.Longest, "longest", f.plan.Longest, "what one case may take")
	flag.StringVar(&f.out, "out", "results", "folder for the table and the figures; '' writes none")
	flag.StringVar(&f.name, "name", "memory", "what the two files are called")
	flag.StringVar(&f.plots, "plots", "../docs/plots", "folder for the plot; '' writes none")
	flag.StringVar(&f.profile, "profile", "", "folder that is there, for a heap profile of each case; '' writes none")
	flag.BoolVar(&f.soak, "soak", false, "run a client over many intervals with ever new series instead")
	flag.IntVar(&f.soakPlan.Intervals, "intervals", f.soakPlan.Intervals, "with -soak: roll-up intervals")
	flag.IntVar(&f.soakPlan.Churn, "churn", f.soakPlan.Churn, "with -soak: new series in each interval")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := run
	if f.soak {
		do = soak
	}
	if err := do(ctx, &f); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f *flags) error {
	if err := f.read(); err != nil {
		return err
	}
	progress := func(done, total int, what string) {
		fmt.Fprintf(os.Stderr, "\r%3d of %d  %-70s", done+1, total, what)
	}
	f.plan.Profile = f.profile
	r, err := memory.Run(ctx, f.plan, peers.Libraries(), progress)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	fmt.Print(r.Markdown())
	if f.out != "" {
		if err := files.Results(f.out, f.name, r.Markdown(), r.Raw()); err != nil {
			return err
		}
	}
	if f.plots == "" {
		return nil
	}
	svg, err := r.Plots()
	if err != nil {
		return err
	}
	return files.Write(f.plots, svg)
}

// soak writes what came of it also if something was wrong.
func soak(ctx context.Context, f *flags) error {
	r, wrong := memory.Soak(ctx, f.soakPlan, func(done, total int) {
		fmt.Fprintf(os.Stderr, "\rinterval %d of %d", done+1, total)
	})
	fmt.Fprintln(os.Stderr)
	if r == nil {
		return wrong
	}
	fmt.Print(r.Markdown(wrong))
	err := wrong
	if f.out != "" {
		err = errors.Join(err, files.Write(f.out, map[string][]byte{"soak.md": []byte(r.Markdown(wrong))}))
	}
	if f.plots != "" {
		svg, plotErr := r.Plot()
		if plotErr == nil {
			plotErr = files.Write(f.plots, map[string][]byte{"memory-soak.svg": svg})
		}
		err = errors.Join(err, plotErr)
	}
	return err
}

// read puts what the lists say into the plan.
func (f *flags) read() error {
	if f.only != "" {
		f.plan.Only = strings.Split(f.only, ",")
	}
	f.plan.Kinds = nil
	for _, kind := range strings.Split(f.kinds, ",") {
		f.plan.Kinds = append(f.plan.Kinds, memory.Kind(kind))
	}
	for _, list := range []struct {
		flag, text string
		into       *[]int
	}{
		{"-series", f.series, &f.plan.Series}, {"-observations", f.observations, &f.plan.Observations}, {"-shards", f.shards, &f.plan.Shards},
	} {
		numbers, err := numbers(list.text)
		if err != nil {
			return fmt.Errorf("%s %s: %w", list.flag, list.text, err)
		}
		*list.into = numbers
	}
	return nil
}

// numbers reads a list of numbers with commas between.
func numbers(list string) (all []int, err error) {
	if list == "" {
		return nil, nil
	}
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number from 1 on", text)
		}
		all = append(all, n)
	}
	return all, nil
}
