package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/plots"
	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/bench/scaling"
	"github.com/shardstats/shardstats/bench/section"
)

// scalingProcessors are the machines that are predicted.
var scalingProcessors = []int{1, 2, 4, 8, 16, 32, 64, 128}

// programs are what the predicted machines run.
var programs = []struct {
	name string
	of   func(processors int) scaling.Program
}{
	{"a goroutine on each processor", scaling.Lone},
	{"a server", scaling.Server},
	{"a server without rest", scaling.Restless},
	{"a server, WithShards(1)", oneShard},
}

// oneShard is the server whose counters have a word each, as most libraries' have.
func oneShard(processors int) scaling.Program {
	p := scaling.Server(processors)
	p.Shards = 1
	return p
}

// scalingResults is one run over what a submission costs on several processors.
type scalingResults struct {
	machine    []string
	sharing    *scaling.Sharing
	processors []int
}

// runScaling measures, predicts, and writes NAME.md and NAME.txt, and with a document
// its section and the plots beside it.
func runScaling(out, name, document string, rounds int) error {
	plan := scaling.StandardSharing
	plan.Rounds = orElse(rounds, plan.Rounds)
	fmt.Fprintf(os.Stderr, "measuring %d rounds\n", plan.Rounds)
	sharing, err := scaling.MeasureSharing(plan)
	if err != nil {
		return err
	}
	r := scalingResults{machine: machine.Describe(), sharing: sharing, processors: scalingProcessors}
	return r.write(out, name, document)
}

// write writes the two files, and with a document its section and the plot.
func (r *scalingResults) write(out, name, document string) error {
	table := r.markdown()
	fmt.Print(table)
	if err := files.Results(out, name, table, r.raw()); err != nil || document == "" {
		return err
	}
	if err := section.Into(document, "scaling", table); err != nil {
		return err
	}
	return r.draw(filepath.Join(filepath.Dir(document), "plots"))
}

// markdown returns the tables for people.
func (r *scalingResults) markdown() string {
	var b strings.Builder
	p := r.sharing.Parameters()
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.machine, " · "))
	fmt.Fprintf(&b, "%d rounds of %d adds of each goroutine, each load by turns in each; medians, 10 %% and 90 %% of the rounds in brackets. %d rounds more were left out because two goroutines did not get two processors. From these: a transfer takes %.0f ns, and who has a line goes on for %.0f ns after another one has asked for it.\n\n", r.sharing.Plan.Rounds, r.sharing.Plan.Ops, r.sharing.Busy, p.TransferNS, p.GraceNS)
	b.WriteString("| load | goroutines | ns for an add of each | by the model | off by |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, c := range r.sharing.Costs {
		predicted, off := "–", "–"
		if c.PredictedNS > 0 {
			predicted = fmt.Sprintf("%.1f", c.PredictedNS)
			off = offBy(sample.Median(c.NS)/c.PredictedNS - 1)
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", c.Name, c.Goroutines, tenths(c.NS), predicted, off)
	}
	b.WriteString("\nPredicted for a bound counter, ns for an add on each processor, with the shares of adds that need a line from another processor in brackets: the cell's, and the hint's.\n\n| processors | shards |")
	for _, program := range programs {
		fmt.Fprintf(&b, " %s |", program.name)
	}
	b.WriteString(" one word for all |\n| ---: | ---: |" + strings.Repeat(" ---: |", len(programs)+1) + "\n")
	for _, n := range r.processors {
		fmt.Fprintf(&b, "| %d | %d |", n, scaling.DefaultShards(n))
		for _, program := range programs {
			got := scaling.Predict(p, program.of(n))
			fmt.Fprintf(&b, " %.1f (%.1f %%, %.1f %%) |", got.NS, 100*got.Shared.Cells, 100*got.Shared.Hints)
		}
		word := scaling.PredictOneWord(r.sharing.Word(), n)
		fmt.Fprintf(&b, " %.0f |\n", word.NS)
	}
	fmt.Fprintf(&b, "\nThe same in millions of adds a second, of all processors together, for a server; and if a transfer took four times as long, as it may between sockets.\n\n| processors | bound counter | one-shot, 3 tags | bound histogram | bound counter, slow transfers | one word for all |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, n := range r.processors {
		fmt.Fprintf(&b, "| %d |", n)
		for _, kind := range []string{scaling.BoundCounter, scaling.OneShotCounter, scaling.BoundHistogram} {
			got := scaling.Predict(r.sharing.Kinds()[kind], scaling.Server(n))
			fmt.Fprintf(&b, " %.0f |", got.PerSecond()/1e6)
		}
		slow := p
		slow.TransferNS *= 4
		far := scaling.Predict(slow, scaling.Server(n))
		word := scaling.PredictOneWord(r.sharing.Word(), n)
		fmt.Fprintf(&b, " %.0f | %.0f |\n", far.PerSecond()/1e6, word.PerSecond()/1e6)
	}
	return b.String()
}

// tenths prints the median of rounds, and where most of them lie.
func tenths(rounds []float64) string {
	low, mid, high := sample.Spread(rounds)
	return fmt.Sprintf("%.1f (%.1f–%.1f)", mid, low, high)
}

// draw writes the plots of the predictions.
func (r *scalingResults) draw(folder string) error {
	p := r.sharing.Parameters()
	var curves []plots.Curve
	for _, program := range programs {
		c := plots.Curve{Name: program.name}
		for _, n := range r.processors {
			got := scaling.Predict(p, program.of(n))
			c.X, c.Y = append(c.X, float64(n)), append(c.Y, got.PerSecond()/1e6)
		}
		curves = append(curves, c)
	}
	word := plots.Curve{Name: "one word for all"}
	for _, n := range r.processors {
		got := scaling.PredictOneWord(r.sharing.Word(), n)
		word.X, word.Y = append(word.X, float64(n)), append(word.Y, got.PerSecond()/1e6)
	}
	svg, err := plots.Lines("Bound counters, predicted", "processors", "million adds a second", plots.LogX|plots.LogY, append(curves, word)...)
	return errors.Join(err, files.Write(folder, map[string][]byte{"scaling-submissions.svg": svg}))
}

// raw returns the rounds, in batches, in the format of Go's benchmarks.
func (r *scalingResults) raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(benchfmt.Machine("github.com/shardstats/shardstats/bench/scaling")...) + "\n")
	for _, c := range r.sharing.Costs {
		name := benchfmt.Name("Sharing", benchfmt.Key{Key: "load", Value: c.Name}, benchfmt.Key{Key: "goroutines", Value: fmt.Sprint(c.Goroutines)})
		writeRounds(&b, benchfmt.Line{Name: name, Procs: runtime.GOMAXPROCS(0), Iterations: r.sharing.Plan.Ops}, "ns/op", c.NS)
	}
	return b.String()
}
