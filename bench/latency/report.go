package latency

import (
	"fmt"
	"strings"
	"time"

	"github.com/shardstats/shardstats/bench/sample"
)

// percentiles are the columns of the tables.
var percentiles = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", tail}}

// Markdown returns the tables for people.
func (r *Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.Machine, " · "))
	fmt.Fprintf(&b, "Every submission to counters timed, over %d series with three tags. Each library in a process of its own, by turns of %v, %d rounds. Percentiles are of all rounds; the p99.99 of single rounds in brackets, from 10 %% to 90 %% of them. A time is the submission's and the timer's together: the last table has the timer alone, and each table what the submission alone is at least and at most, however the two go together (bench/latency says how).\n",
		r.Plan.Series, r.Turn.Round(time.Millisecond), r.Plan.Rounds)
	for i := 0; i < len(r.Found); {
		j := i
		for j < len(r.Found) && r.Found[j].Way == r.Found[i].Way && r.Found[j].Goroutines == r.Found[i].Goroutines {
			j++
		}
		r.table(&b, r.Found[i:j])
		i = j
	}
	r.timers(&b)
	r.goals(&b)
	return b.String()
}

// table writes one way and number of goroutines.
func (r *Result) table(b *strings.Builder, found []*Found) {
	fmt.Fprintf(b, "\n### %s, %s\n\n", title(found[0].Way), goroutines(found[0].Goroutines))
	b.WriteString("| library | beside it |")
	for _, p := range percentiles {
		fmt.Fprintf(b, " %s |", p.name)
	}
	b.WriteString(" max | alone: p50 | alone: p99.99 | flush, per series |\n| --- | --- |" + strings.Repeat(" ---: |", len(percentiles)+4) + "\n")
	last := ""
	for _, f := range found {
		name := f.Library
		if name == last {
			name = ""
		}
		last = f.Library
		fmt.Fprintf(b, "| %s | %s |", name, f.State)
		h := &f.All.Submit
		for _, p := range percentiles {
			text := short(h.Quantile(p.q))
			if p.q == tail && len(f.Rounds) > 1 {
				low, _, high := sample.Spread(f.quantiles(tail))
				text += fmt.Sprintf(" (%s–%s)", short(int64(low)), short(int64(high)))
			}
			fmt.Fprintf(b, " %s |", text)
		}
		flush := "–"
		if f.Flushes > 0 {
			flush = short(f.FlushNS / f.Flushes / int64(r.Plan.Series))
		}
		fmt.Fprintf(b, " %s | %s | %s | %s |\n", short(h.Max()), between(&f.All, 0.5), between(&f.All, tail), flush)
	}
}

// between prints what the submission alone is at least and at most.
func between(s *Samples, q float64) string {
	low, high := Alone(&s.Submit, &s.Timer, q)
	return fmt.Sprintf("%s–%s", short(low), short(high))
}

// timers writes what the timer and the floor took, over all libraries: it is the
// same code in all of them, and differs by what else the process did.
func (r *Result) timers(b *strings.Builder) {
	b.WriteString("\n### The timer, and the floor\n\nBeside the submissions above, in the same loops: nothing timed, and an uncontended atomic add timed. Of our process, and of all.\n\n| what | beside it |")
	for _, p := range percentiles {
		fmt.Fprintf(b, " %s |", p.name)
	}
	b.WriteString(" max |\n| --- | --- |" + strings.Repeat(" ---: |", len(percentiles)+1) + "\n")
	row := func(what string, g int, state State, h *Histogram) {
		if h.Count() == 0 {
			return
		}
		fmt.Fprintf(b, "| %s | %s, %s |", what, goroutines(g), state)
		for _, p := range percentiles {
			fmt.Fprintf(b, " %s |", short(h.Quantile(p.q)))
		}
		fmt.Fprintf(b, " %s |\n", short(h.Max()))
	}
	for _, g := range r.Plan.Goroutines {
		for _, state := range []State{Quiet, Paced, BackToBack} {
			var mine, all Samples
			for _, f := range r.Found {
				if f.Goroutines != g || f.State != state {
					continue
				}
				all.Merge(&f.All)
				if f.Library == Ours {
					mine.Merge(&f.All)
				}
			}
			row("timer, ours", g, state, &mine.Timer)
			row("timer, all", g, state, &all.Timer)
			row("atomic add, ours", g, state, &mine.Floor)
			row("atomic add, all", g, state, &all.Floor)
		}
	}
}

func (r *Result) goals(b *strings.Builder) {
	goals := r.Goals()
	if len(goals) == 0 {
		return
	}
	b.WriteString("\n### Goals\n\nRatios round by round; medians, and the 95 % interval of the median.\n\n| ratio | measured | goal |\n| --- | ---: | ---: |\n")
	for i := range goals {
		g := &goals[i]
		verdict := fmt.Sprintf("≤ %g", g.Most)
		if !g.Met() {
			verdict += " **missed**"
		}
		fmt.Fprintf(b, "| %s | %.2f (%.2f–%.2f) | %s |\n", g.What, g.Mid, g.Low, g.High, verdict)
	}
}

func title(w Way) string { return strings.ToUpper(string(w[:1])) + string(w[1:]) }

// short prints nanoseconds with three digits at most.
func short(ns int64) string {
	unit, v := "ns", float64(ns)
	switch {
	case ns >= 1e9:
		unit, v = "s", v/1e9
	case ns >= 1e6:
		unit, v = "ms", v/1e6
	case ns >= 1e3:
		unit, v = "µs", v/1e3
	}
	switch {
	case v >= 100 || unit == "ns":
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 10:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}
