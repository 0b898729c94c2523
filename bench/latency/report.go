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
	fmt.Fprintf(&b, "Every submission to counters timed, over %d series with three tags. Each library in a process of its own, by turns of %v, %d rounds. Where there are flushes, a goroutine of its own submits to each series once, flushes, and starts again, %v later where there are pauses: so each flush is one of all series. Percentiles are of all rounds; the p99.99 of single rounds in brackets, from 10 %% to 90 %% of them. A time is the submission's and the timer's together; \"alone\" is what the submission alone takes at least and at most, however the two go together (bench/latency says how). The floor is the p99.99 of as many uncontended atomic adds as take as long as a submission at the median, timed in the same loops: what the machine itself adds. The clock's step is %d ns.\n",
		r.Plan.Series, r.Turn.Round(time.Millisecond), r.Plan.Rounds, r.Plan.Pause, r.StepNS)
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
	b.WriteString(" max | floor: p99.99 | alone: p50 | alone: p99.99 | flush, per series |\n| --- | --- |" + strings.Repeat(" ---: |", len(percentiles)+5) + "\n")
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
			flush = fmt.Sprintf("%s, %.0f %% of the time", short(f.FlushNS/f.Flushes/int64(r.Plan.Series)), 100*float64(f.FlushNS)/float64(max(1, f.NS)))
		}
		fmt.Fprintf(b, " %s | %s | %s | %s | %s |\n", short(h.Max()), short(f.All.Floor.Quantile(tail)), between(&f.All, 0.5), between(&f.All, tail), flush)
	}
}

// between prints what the submission alone is at least and at most.
func between(s *Samples, q float64) string {
	low, high := Alone(&s.Submit, &s.Timer, q)
	return fmt.Sprintf("%s–%s", short(low), short(high))
}

// timers writes what the timer took in our process and in all of them: it is the
// same code, and differs by what else the process did.
func (r *Result) timers(b *strings.Builder) {
	b.WriteString("\n### The timer\n\nIn the same loops, nothing timed.\n\n| of | beside it |")
	for _, p := range percentiles {
		fmt.Fprintf(b, " %s |", p.name)
	}
	b.WriteString(" max |\n| --- | --- |" + strings.Repeat(" ---: |", len(percentiles)+1) + "\n")
	row := func(of string, g int, state State, h *Histogram) {
		if h.Count() == 0 {
			return
		}
		fmt.Fprintf(b, "| %s | %s, %s |", of, goroutines(g), state)
		for _, p := range percentiles {
			fmt.Fprintf(b, " %s |", short(h.Quantile(p.q)))
		}
		fmt.Fprintf(b, " %s |\n", short(h.Max()))
	}
	for _, g := range r.Plan.Goroutines {
		for _, state := range []State{Quiet, Paced, BackToBack} {
			var mine, all Histogram
			for _, f := range r.Found {
				if f.Goroutines != g || f.State != state {
					continue
				}
				all.Merge(&f.All.Timer)
				if f.Library == Ours {
					mine.Merge(&f.All.Timer)
				}
			}
			row(Ours, g, state, &mine)
			row("all", g, state, &all)
		}
	}
}

func (r *Result) goals(b *strings.Builder) {
	goals := r.Goals()
	if len(goals) == 0 {
		return
	}
	b.WriteString("\n### Goals\n\nRatios over all rounds, and their 95 % interval.\n\n| ratio | measured | goal |\n| --- | ---: | ---: |\n")
	for i := range goals {
		g := &goals[i]
		verdict := fmt.Sprintf("≤ %g", g.Most)
		switch {
		case g.Met():
		case !g.Possible():
			verdict += fmt.Sprintf(", not measured: the machine was busy, the floor is at %.0f %% of ours", 100*g.Floor)
		case g.Low <= g.Most:
			verdict += " **missed**, but the interval holds it"
		default:
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
