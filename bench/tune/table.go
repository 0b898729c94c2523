package tune

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// Table is what is printed: machine, workload, the figures and one line for each
// option.
func (f *File) Table() string {
	var b strings.Builder
	m := &f.Machine
	fmt.Fprintf(&b, "%s · %s, GOMAXPROCS %d · %s · commit %s\n", m.System, m.Processor, m.GOMAXPROCS, m.Go, m.Commit)
	fmt.Fprintf(&b, "%s; %d observations of a histogram in each roll-up of %v\n", f.Workload.String(), f.Workload.Observations, f.Workload.Rollup)
	if f.LeftOut > 0 {
		fmt.Fprintf(&b, "%d lines of the log were left out: flushes, events and service checks\n", f.LeftOut)
	}
	if f.Plant != "" {
		fmt.Fprintf(&b, "planted: %s\n", f.Plant)
	}
	fmt.Fprintf(&b, "latencies while flushes follow one another, less the median of the timer (%s; its p99.99 is %s)\n\n", nanoseconds(f.Timer.P50), nanoseconds(f.Timer.P9999))
	f.shardTable(&b)
	f.reservoirTable(&b)
	f.intervalTable(&b)
	for _, line := range f.Lines() {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Lines are the recommendations, one for each option.
func (f *File) Lines() []string {
	return []string{"shards: " + f.Reasons.Shards, "reservoir: " + f.Reasons.ReservoirSize, "flush interval: " + f.Reasons.FlushInterval}
}

// table lines up columns and adds an empty line.
func table(b *strings.Builder, fill func(row func(cells ...string))) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fill(func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")+"\t") })
	_ = w.Flush() // a strings.Builder takes everything
	b.WriteByte('\n')
}

// The columns that shards and reservoirs have in common.
var rowHead = []string{"submissions/s", "times the default's", "p50", "p99", "p99.9", "p99.99", "bytes/series", "flush", "per series"}

// ofReservoirs picks the columns that a reservoir's size can matter to.
func ofReservoirs(cells []string) []string { return []string{cells[0], cells[1], cells[7]} }

func (r *Row) cells() []string {
	speed := "–"
	if !r.Default {
		speed = fmt.Sprintf("%.3f (%.3f–%.3f)", r.Speed.Mid, r.Speed.Low, r.Speed.High)
	}
	return []string{
		fmt.Sprintf("%.1f M", r.PerSecond.Mid/1e6), speed,
		nanoseconds(r.Latency.P50), nanoseconds(r.Latency.P99), nanoseconds(r.Latency.P999), nanoseconds(r.Latency.P9999),
		fmt.Sprintf("%.0f", r.SeriesBytes), nanoseconds(r.FlushNS.Mid), nanoseconds(r.FlushPerSeries),
	}
}

// mark tells the default and what is recommended.
func mark(value string, standard, chosen bool) string {
	switch {
	case chosen:
		return value + " ←"
	case standard:
		return value + " *"
	}
	return value
}

func (f *File) shardTable(b *strings.Builder) {
	table(b, func(row func(...string)) {
		row(append([]string{"shards"}, rowHead...)...)
		for i := range f.Shards {
			r := &f.Shards[i]
			row(append([]string{mark(fmt.Sprint(r.Value), r.Default, r.Value == f.Recommendation.Shards)}, r.cells()...)...)
		}
	})
}

func (f *File) reservoirTable(b *strings.Builder) {
	if len(f.Reservoirs) == 0 {
		return
	}
	error := fmt.Sprintf("rank error of %g %%", 100*f.Limits.Quantile)
	table(b, func(row func(...string)) {
		row(append([]string{"reservoir", error, "measured", "bytes/histogram"}, ofReservoirs(rowHead)...)...)
		for i := range f.Reservoirs {
			r := &f.Reservoirs[i]
			own := []string{
				mark(fmt.Sprint(r.Value), r.Default, r.Value == f.Recommendation.ReservoirSize),
				percent(r.Expected), percent(r.Measured), fmt.Sprintf("%.0f", r.HistogramBytes),
			}
			row(append(own, ofReservoirs(r.cells())...)...)
		}
	})
}

func (f *File) intervalTable(b *strings.Builder) {
	table(b, func(row func(...string)) {
		row("flush interval", "of a processor", "held")
		for i := range f.FlushIntervals {
			r := &f.FlushIntervals[i]
			value := (time.Duration(r.Seconds) * time.Second).String()
			row(mark(value, r.Default, r.Seconds == f.Recommendation.FlushIntervalSeconds), percent(r.Cost.Mid), fmt.Sprintf("%.2f MB", r.Held/1e6))
		}
	})
	b.WriteString("* the default   ← recommended\n")
}

// percent prints a fraction.
func percent(v float64) string { return fmt.Sprintf("%.2g %%", 100*v) }

// nanoseconds prints a time with three digits.
func nanoseconds(ns float64) string {
	switch {
	case ns < 1000:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g s", ns/1e9)
}
