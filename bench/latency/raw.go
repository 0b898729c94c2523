package latency

import (
	"fmt"
	"runtime"
	"strings"
)

// Raw returns every round in the format of Go's benchmarks, for benchstat: the
// median as ns/op, and further percentiles in units of their own; the timer's and
// the floor's beside.
func (r *Result) Raw() string {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: %s\n", runtime.GOOS, runtime.GOARCH, "github.com/shardstats/shardstats/bench/latency")
	for _, line := range r.Machine {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintf(&b, "plan: %d series, %d rounds of %v\n", r.Plan.Series, r.Plan.Rounds, r.Turn)
	for _, f := range r.Found {
		for _, s := range f.Rounds {
			name := fmt.Sprintf("BenchmarkLatency/by=%s/way=%s/goroutines=%d/beside=%s-%d",
				word(f.Library), word(string(f.Way)), f.Goroutines, word(string(f.State)), runtime.GOMAXPROCS(0))
			line(&b, name, "", &s.Submit)
			line(&b, name, "timer-", &s.Timer)
			line(&b, name, "floor-", &s.Floor)
		}
	}
	return b.String()
}

// line writes one benchmark line. The median of the timer and the floor is no
// ns/op: benchstat would mix it with the submission's.
func line(b *strings.Builder, name, what string, h *Histogram) {
	median := "ns/op"
	if what != "" {
		median = what + "p50-ns"
	}
	fmt.Fprintf(b, "%s\t%d\t%d %s", name, h.Count(), h.Quantile(0.5), median)
	for _, p := range percentiles[1:] {
		fmt.Fprintf(b, "\t%d %s%s-ns", h.Quantile(p.q), what, p.name)
	}
	fmt.Fprintf(b, "\t%d %smax-ns\n", h.Max(), what)
}

// word makes a name fit for the name of a benchmark.
func word(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, ",", ""), " ", "_")
}
