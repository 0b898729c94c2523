// Command peers runs the same submissions through this library and through those of
// others, by turns, and says what each costs. It writes the tables to NAME.md, the
// rounds, in batches, to NAME.txt, in the format of Go's benchmarks, and the plots; and
// the most asked figures into a README.
//
//	go run ./cmd/peers -budget 1m -run 'bound'
//	go run ./cmd/peers -list
//
// It ends with 0 when it could measure: a goal that is missed is a figure, not a
// failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/peers"
	"github.com/shardstats/shardstats/bench/section"
)

// options are what the flags say.
type options struct {
	budget             time.Duration
	workloads, library string
	out, name          string
	readme, plots      string
	list               bool
}

func main() {
	var o options
	flag.DurationVar(&o.budget, "budget", peers.Standard.Budget, "about how long the run takes")
	flag.StringVar(&o.workloads, "run", "", "only workloads whose names match this regular expression")
	flag.StringVar(&o.library, "lib", "", "only libraries whose names match this regular expression; ours is always there")
	flag.StringVar(&o.out, "out", "results", "folder for NAME.md and NAME.txt")
	flag.StringVar(&o.name, "name", "peers", "their name")
	flag.StringVar(&o.plots, "plots", "", "folder for the plots; none are drawn without it")
	flag.StringVar(&o.readme, "readme", "", "a README to put the most asked figures into, too")
	flag.BoolVar(&o.list, "list", false, "list the workloads and libraries, and measure nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout, newProgress(os.Stderr)); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer, p *progress) error {
	workloads, libraries, err := o.choose()
	if err != nil {
		return err
	}
	if o.list {
		for i := range workloads {
			fmt.Fprintln(out, workloads[i].Name())
		}
		fmt.Fprintln(out)
		for _, l := range libraries {
			fmt.Fprintln(out, l.Name)
		}
		return nil
	}
	plan := peers.Standard
	plan.Budget = o.budget
	results, err := peers.Run(ctx, workloads, libraries, plan, p.tell)
	p.close()
	if err != nil {
		return err
	}
	report := &peers.Report{
		Machine: machine.Describe(), Head: benchfmt.Machine("github.com/shardstats/shardstats/bench/peers"),
		Procs: runtime.GOMAXPROCS(0), Libraries: libraries, Results: results,
	}
	fmt.Fprint(out, report.Markdown())
	return o.write(report)
}

// choose returns what the flags pick.
func (o *options) choose() ([]peers.Workload, []peers.Library, error) {
	if o.budget <= 0 {
		return nil, nil, fmt.Errorf("-budget %v: give a time above 0, such as 6m", o.budget)
	}
	run, err := regexp.Compile(o.workloads)
	if err != nil {
		return nil, nil, fmt.Errorf("-run: %w", err)
	}
	lib, err := regexp.Compile(o.library)
	if err != nil {
		return nil, nil, fmt.Errorf("-lib: %w", err)
	}
	var workloads []peers.Workload
	for _, w := range peers.Workloads() {
		if run.MatchString(w.Name()) {
			workloads = append(workloads, w)
		}
	}
	if len(workloads) == 0 {
		return nil, nil, fmt.Errorf("-run %s: no workload has such a name; go run ./cmd/peers -list, in bench, shows them all", o.workloads)
	}
	var libraries []peers.Library
	for i, l := range peers.Libraries() {
		if i == 0 || lib.MatchString(l.Name) {
			libraries = append(libraries, l)
		}
	}
	return workloads, libraries, nil
}

// write writes the files.
func (o *options) write(report *peers.Report) error {
	err := files.Results(o.out, o.name, report.Markdown(), report.Raw())
	if err != nil {
		return err
	}
	var paths []string
	if o.plots != "" {
		if paths, err = o.draw(report); err != nil {
			return err
		}
	}
	if o.readme == "" {
		return nil
	}
	return section.Into(o.readme, "peers", report.Readme(paths))
}

// draw writes the plots and returns their paths as the README has them.
func (o *options) draw(report *peers.Report) ([]string, error) {
	plots, err := report.Plots()
	if err != nil {
		return nil, err
	}
	if err := files.Write(o.plots, plots); err != nil {
		return nil, err
	}
	var paths []string
	for _, name := range peers.PlotNames(plots) {
		path := filepath.Join(o.plots, name)
		if o.readme != "" {
			if path, err = filepath.Rel(filepath.Dir(o.readme), path); err != nil {
				return nil, err
			}
		}
		paths = append(paths, filepath.ToSlash(path))
	}
	return paths, nil
}
