package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/files"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/plots"
	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/bench/scaling"
	"github.com/shardstats/shardstats/bench/section"
)

// What of the flushes is measured. A part of them is printed and not written.
var (
	flushSeries  = flag.String("series", "", "of -what flush: live series, as 1000,100000; empty: all sizes")
	flushShards  = flag.String("shards", "", "of -what flush: shards, powers of two, as 2,64; empty: 1, 2, 8, 64")
	flushProfile = flag.String("cpuprofile", "", "of -what flush: a file for the profile; in pprof, -tagfocus part=flush leaves out the rest")
)

// flushResults is one run over the flushes.
type flushResults struct {
	machine []string
	costs   []scaling.FlushCost
	beside  []*scaling.Beside
}

// runFlush measures flushes and writes NAME.md and NAME.txt, and with a document its
// section and the plot beside it.
func runFlush(out, name, document string, rounds int) error {
	plan := scaling.StandardFlush
	plan.Rounds = rounds
	var wrongSeries, wrongShards error
	plan.Series, wrongSeries = numbers("-series", *flushSeries, plan.Series)
	plan.Shards, wrongShards = numbers("-shards", *flushShards, plan.Shards)
	if err := errors.Join(wrongSeries, wrongShards); err != nil {
		return err
	}
	stop, err := profileTo(*flushProfile)
	if err != nil {
		return err
	}
	r := flushResults{machine: machine.Describe()}
	r.costs, err = scaling.MeasureFlush(plan, func(c *scaling.FlushCost) {
		fmt.Fprintf(os.Stderr, "%d of %d series touched in %d shards, %s: %.2f ms\n", c.Touched, c.Series, c.Shards, c.Wire.Name, sample.Median(c.NS)/1e6)
	})
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	part := *flushSeries+*flushShards != ""
	if !part {
		for _, wire := range scaling.Wires() {
			fmt.Fprintf(os.Stderr, "timing submissions beside flushes of %d series, %s\n", scaling.BesideSeries, wire.Name)
			b, err := scaling.MeasureBeside(wire, scaling.BesideSeries, besideRounds)
			if err != nil {
				return err
			}
			r.beside = append(r.beside, b)
		}
	}
	table := r.markdown()
	fmt.Print(table)
	if part {
		return nil
	}
	if err := files.Results(out, name, table, r.raw()); err != nil || document == "" {
		return err
	}
	if err := section.Into(document, "flush", table); err != nil {
		return err
	}
	return r.draw(filepath.Join(filepath.Dir(document), "plots"))
}

const besideRounds = 7

// numbers reads a list of numbers from 1 to 16 million, or returns otherwise.
func numbers(flag, list string, otherwise []int) (all []int, err error) {
	if list == "" {
		return otherwise, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 16<<20 {
			return nil, fmt.Errorf("%s %s: %q is no number from 1 to %d", flag, list, text, 16<<20)
		}
		all = append(all, n)
	}
	return all, nil
}

// profileTo starts a profile of the processor and returns what ends it.
func profileTo(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

// markdown returns the tables for people.
func (r *flushResults) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.machine, " · "))
	b.WriteString("One Flush of counters with 3 tags, on one processor: drain, merge, batches, and sending them to a transport that discards, or through Datadog's v1 API as JSON with zlib to a RoundTripper that answers at once. Each touched series was touched in every shard. Medians; 10 % and 90 % of the rounds in brackets. The goals are for two shards.\n\n")
	b.WriteString("| sent | live series | shards | touched | ms for a flush | ns for a touched series | goal |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for i := range r.costs {
		c := &r.costs[i]
		each, goal := "–", "–"
		if c.Touched > 0 {
			each = wholeSpread(c.PerTouched())
		}
		if c.Shards == 2 && c.Touched == c.Series {
			goal = verdict("≤", c.Wire.GoalNS, " ns", c.Met())
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s | %s | %s |\n", c.Wire.Name, c.Series, c.Shards, c.Touched, milliseconds(c.NS), each, goal)
	}
	for wire, costs := range r.byWire() {
		within, beyond := scaling.Split(costs, cacheBytes)
		b.WriteString(lineOf(wire+", within the cache", within))
		b.WriteString(lineOf(wire+", beyond it", beyond))
	}
	if len(r.beside) > 0 {
		b.WriteString(besideTable(r.beside))
	}
	return b.String()
}

// besideTable tells what a submitter saw beside flushes.
func besideTable(all []*scaling.Beside) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nOne-shot submissions on the other processor, each timed, the clock's own time in it, while all of %d series are flushed and for as long before:\n\n", scaling.BesideSeries)
	b.WriteString("| sent | s for a flush | goal | p50 | p99 | p99.9 | p99.9 of that before, median of the rounds |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, c := range all {
		low, mid, high := sample.RatioInterval(c.P999During, c.P999Without)
		fmt.Fprintf(&b, "| %s | %.2f | %s | %s | %s | %s | %.2f (%.2f–%.2f) |\n", c.Wire.Name, sample.Median(c.Flush)/1e9,
			verdict("≤", scaling.BesideGoalNS/1e9, " s", sample.Median(c.Flush) <= scaling.BesideGoalNS),
			pair(c, 0.5), pair(c, 0.99), pair(c, 0.999), mid, low, high)
	}
	return b.String()
}

// pair prints a quantile beside flushes, and without.
func pair(c *scaling.Beside, q float64) string {
	return fmt.Sprintf("%d ns, without %d ns", c.During.Quantile(q), c.Without.Quantile(q))
}

// draw writes the plot of flushes in which everything was touched.
func (r *flushResults) draw(folder string) error {
	var curves []plots.Curve
	for wire, costs := range r.byWire() {
		of := map[int]*plots.Curve{}
		var order []int
		for i := range costs {
			c := &costs[i]
			if c.Touched != c.Series {
				continue
			}
			if of[c.Shards] == nil {
				of[c.Shards] = &plots.Curve{Name: fmt.Sprintf("%s, %d shards", wire, c.Shards)}
				order = append(order, c.Shards)
			}
			curve := of[c.Shards]
			low, mid, high := sample.Spread(c.NS)
			curve.X, curve.Y = append(curve.X, float64(c.Series)), append(curve.Y, mid/1e6)
			curve.Low, curve.High = append(curve.Low, low/1e6), append(curve.High, high/1e6)
		}
		for _, shards := range order {
			curves = append(curves, *of[shards])
		}
	}
	svg, err := plots.Lines("A flush of counters, all touched in every shard", "series", "ms", plots.LogX|plots.LogY, curves...)
	return errors.Join(err, files.Write(folder, map[string][]byte{"scaling-flush.svg": svg}))
}

// byWire yields the costs of each wire.
func (r *flushResults) byWire() func(yield func(string, []scaling.FlushCost) bool) {
	return func(yield func(string, []scaling.FlushCost) bool) {
		var names []string
		costs := map[string][]scaling.FlushCost{}
		for _, c := range r.costs {
			if costs[c.Wire.Name] == nil {
				names = append(names, c.Wire.Name)
			}
			costs[c.Wire.Name] = append(costs[c.Wire.Name], c)
		}
		for _, name := range names {
			if !yield(name, costs[name]) {
				return
			}
		}
	}
}

// cacheBytes is the third-level cache of the machine that the goals were set on. A
// line of one with another is off near the edge.
const cacheBytes = 32 << 20

// lineOf tells the line of one wire, and what it leaves unexplained.
func lineOf(wire string, costs []scaling.FlushCost) string {
	var b strings.Builder
	line, err := scaling.FitLine(costs)
	if err != nil {
		return "" // too few of them for a line
	}
	fmt.Fprintf(&b, "\n%s, the line by least squares of the relative error:\n\n| for each | ns |\n| --- | ---: |\n", wire)
	for _, t := range line.Terms {
		fmt.Fprintf(&b, "| %s | %s |\n", t.Name, trimmed(t.NS))
	}
	b.WriteString("\n| live series | shards | touched | measured, ms | by the line, ms | off by |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var off []float64
	for i := range line.Costs {
		c := &line.Costs[i]
		fmt.Fprintf(&b, "| %d | %d | %d | %.3f | %.3f | %s |\n", c.Series, c.Shards, c.Touched, sample.Median(c.NS)/1e6, line.At(c)/1e6, offBy(line.Residuals[i]))
		off = append(off, math.Abs(line.Residuals[i]))
	}
	fmt.Fprintf(&b, "\nOff by %.0f %% in the median, by %.0f %% at most.\n", 100*sample.Median(off), 100*sample.Quantile(off, 1))
	return b.String()
}

// offBy prints a share in whole percent, with its sign if it is not 0.
func offBy(share float64) string {
	if percent := math.Round(100 * share); percent != 0 {
		return fmt.Sprintf("%+.0f %%", percent)
	}
	return "0 %"
}

// milliseconds prints the median of rounds in nanoseconds, and where most lie.
func milliseconds(rounds []float64) string {
	low, mid, high := sample.Spread(rounds)
	return fmt.Sprintf("%.3f (%.3f–%.3f)", mid/1e6, low/1e6, high/1e6)
}

// raw returns the rounds, in batches, in the format of Go's benchmarks.
func (r *flushResults) raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(benchfmt.Machine("github.com/shardstats/shardstats/bench/scaling")...) + "\n")
	for i := range r.costs {
		c := &r.costs[i]
		name := benchfmt.Name("Flush", benchfmt.Key{Key: "sent", Value: c.Wire.Name}, benchfmt.Key{Key: "series", Value: fmt.Sprint(c.Series)},
			benchfmt.Key{Key: "shards", Value: fmt.Sprint(c.Shards)}, benchfmt.Key{Key: "touched", Value: fmt.Sprint(c.Touched)})
		writeRounds(&b, benchfmt.Line{Name: name, Procs: 1}, "ns/op", c.NS)
	}
	for _, c := range r.beside {
		of := []benchfmt.Key{{Key: "sent", Value: c.Wire.Name}, {Key: "series", Value: fmt.Sprint(c.Series)}}
		for _, figure := range []struct {
			name, unit string
			rounds     []float64
		}{
			{"FlushBesideSubmitter", "ns/op", c.Flush},
			{"SubmitWhileFlushing", "p99.9-ns", c.P999During},
			{"SubmitWithoutFlushing", "p99.9-ns", c.P999Without},
		} {
			writeRounds(&b, benchfmt.Line{Name: benchfmt.Name(figure.name, of...), Procs: runtime.GOMAXPROCS(0)}, figure.unit, figure.rounds)
		}
	}
	return b.String()
}

// writeRounds writes a line like this one for each batch of rounds.
func writeRounds(b *strings.Builder, line benchfmt.Line, unit string, rounds []float64) {
	for _, round := range sample.Batches(rounds, rawBatches) {
		line.Values = []benchfmt.Value{{Value: round, Unit: unit}}
		b.WriteString(line.String())
	}
}
