package latency

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
)

// Raw returns every round in the format of Go's benchmarks, for benchstat: the
// median as ns/op, and further percentiles in units of their own; the timer's and
// the floor's in the same line, since they were measured by turns with it.
func (r *Result) Raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(benchfmt.Machine("github.com/shardstats/shardstats/bench/latency")...))
	b.WriteByte('\n')
	for _, f := range r.Found {
		name := benchfmt.Name("Latency",
			benchfmt.Key{Key: "by", Value: f.Library}, benchfmt.Key{Key: "way", Value: string(f.Way)},
			benchfmt.Key{Key: "goroutines", Value: strconv.Itoa(f.Goroutines)}, benchfmt.Key{Key: "beside", Value: string(f.State)},
			benchfmt.Key{Key: "series", Value: strconv.Itoa(r.Plan.Series)})
		for _, s := range f.Rounds {
			line := benchfmt.Line{Name: name, Procs: runtime.GOMAXPROCS(0), Iterations: int(s.Submit.Count())}
			line.Values = append(line.Values, benchfmt.Value{Value: float64(s.Submit.Quantile(0.5)), Unit: "ns/op"})
			line.Values = append(line.Values, figures("", &s.Submit)[1:]...)
			line.Values = append(line.Values, figures("timer-", &s.Timer)...)
			line.Values = append(line.Values, figures("floor-", &s.Floor)...)
			b.WriteString(line.String())
		}
	}
	return b.String()
}

// figures returns the percentiles of h, each with a unit of its own.
func figures(of string, h *Histogram) (all []benchfmt.Value) {
	for _, p := range percentiles {
		all = append(all, benchfmt.Value{Value: float64(h.Quantile(p.q)), Unit: of + p.name + "-ns"})
	}
	return append(all, benchfmt.Value{Value: float64(h.Max()), Unit: of + "max-ns"})
}
