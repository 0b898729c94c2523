package memory

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/plots"
)

// Markdown returns the tables for people.
func (r *Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.Machine, " · "))
	b.WriteString("Bytes of heap per series with three tags, submitted to by name from two goroutines: after the first submissions / in the steady state before a flush / after it. The library's fixed cost is in it; strings of the caller, and keys made from them, are not. Each figure from a process of its own.\n\n| series | library |")
	for _, n := range r.Plan.Series {
		fmt.Fprintf(&b, " %s |", thousands(n))
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" ---: |", len(r.Plan.Series)) + "\n")
	var reasons []string
	last := ""
	for _, c := range r.Rows {
		if r.none(c) {
			continue
		}
		what := describe(c)
		if what == last {
			what = ""
		} else {
			last = what
		}
		fmt.Fprintf(&b, "| %s | %s |", what, c.Library)
		for _, n := range r.Plan.Series {
			c.Series = n
			cost := r.Costs[c]
			if cost.Skipped != "" {
				b.WriteString(" – |")
				reasons = append(reasons, fmt.Sprintf("- %s: %s.\n", c, cost.Skipped))
				continue
			}
			fmt.Fprintf(&b, " %.0f / %.0f / %.0f |", cost.First, cost.Full, cost.Flushed)
		}
		b.WriteString("\n")
	}
	if len(reasons) > 0 {
		b.WriteString("\nNot measured:\n\n" + strings.Join(reasons, ""))
	}
	if goals := r.Goals(); len(goals) > 0 {
		b.WriteString("\n| ours | measured | goal |\n| --- | ---: | ---: |\n")
		for i := range goals {
			g := &goals[i]
			verdict := "–"
			if g.Most > 0 {
				verdict = fmt.Sprintf("≤ %g%s", g.Most, g.Unit)
			}
			if !g.Met() {
				verdict += " **missed**"
			}
			fmt.Fprintf(&b, "| %s | %s%s | %s |\n", g.What, digits(g.Value), g.Unit, verdict)
		}
	}
	return b.String()
}

// none reports whether a library has no such series at all.
func (r *Result) none(c Case) bool {
	c.Series = r.Plan.Series[0]
	return r.Costs[c].Skipped == errNone.Error()
}

func describe(c Case) string {
	what := string(c.Kind)
	if c.Kind == Histogram {
		what = fmt.Sprintf("histogram, %s per interval", thousands(c.Observations))
	}
	if c.Shards > 0 {
		what += fmt.Sprintf(", WithShards(%d)", c.Shards)
	}
	return what
}

// thousands prints a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// digits prints as many as say something.
func digits(v float64) string {
	if math.Abs(v) >= 20 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Raw returns the figures in the format of Go's benchmarks, for benchstat.
func (r *Result) Raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(benchfmt.Machine("github.com/shardstats/shardstats/bench/memory")...))
	b.WriteByte('\n')
	for _, c := range r.Rows {
		for _, n := range r.Plan.Series {
			c.Series = n
			cost := r.cost(c)
			if cost == nil {
				continue
			}
			line := benchfmt.Line{Procs: runtime.GOMAXPROCS(0), Iterations: 1, Name: benchfmt.Name("Memory",
				benchfmt.Key{Key: "by", Value: c.Library}, benchfmt.Key{Key: "kind", Value: string(c.Kind)},
				benchfmt.Key{Key: "observations", Value: strconv.Itoa(c.Observations)},
				benchfmt.Key{Key: "shards", Value: strconv.Itoa(c.Shards)}, benchfmt.Key{Key: "series", Value: strconv.Itoa(n)})}
			line.Values = []benchfmt.Value{
				{Value: cost.First, Unit: "first-B/series"}, {Value: cost.Full, Unit: "full-B/series"},
				{Value: cost.Flushed, Unit: "flushed-B/series"}, {Value: float64(cost.PeakBytes), Unit: "peak-B"},
			}
			b.WriteString(line.String())
		}
	}
	return b.String()
}

// plotted is the number of series that the plots are about, or the largest below.
const plotted = 100_000

// Plots returns plots as SVG, by the name of their file: the steady state before a
// flush.
func (r *Result) Plots() (map[string][]byte, error) {
	series := 0
	for _, n := range r.Plan.Series {
		if n <= plotted {
			series = n
		}
	}
	var groups []string
	bars := map[string]*plots.Curve{}
	var order []string
	for _, c := range r.Rows {
		c.Series = series
		cost := r.cost(c)
		if cost == nil || c.Shards > 0 {
			continue
		}
		group := describe(c)
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		if bars[c.Library] == nil {
			bars[c.Library] = &plots.Curve{Name: c.Library}
			order = append(order, c.Library)
		}
		bar := bars[c.Library]
		for len(bar.Y) < len(groups)-1 {
			bar.Y = append(bar.Y, math.NaN())
		}
		bar.Y = append(bar.Y, cost.Full)
	}
	if len(groups) == 0 {
		return nil, nil
	}
	var curves []plots.Curve
	for _, name := range order {
		for len(bars[name].Y) < len(groups) {
			bars[name].Y = append(bars[name].Y, math.NaN())
		}
		curves = append(curves, *bars[name])
	}
	svg, err := plots.Bars(fmt.Sprintf("Heap of a series, of %s, in the steady state before a flush", thousands(series)), "bytes", groups, plots.LogY, curves...)
	return map[string][]byte{"memory-series.svg": svg}, err
}
