package peers

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/sample"
)

// Report is one run.
type Report struct {
	Machine   []string // lines "key: value"
	Head      []benchfmt.Key
	Procs     int // GOMAXPROCS
	Libraries []Library
	Results   []Result
}

// Markdown returns all tables.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Submissions, beside other libraries\n\n%s\n\n", strings.Join(r.Machine, " · "))
	b.WriteString(r.explain())
	b.WriteString("\n## Goals\n\n" + r.goals())
	for _, family := range r.families() {
		fmt.Fprintf(&b, "\n## %s\n\n%s", capital(family[0].Workload.Family), table(family))
	}
	b.WriteString("\n## The libraries\n\n" + r.notes())
	return b.String()
}

// explain says how to read the tables.
func (r *Report) explain() string {
	var units []float64
	least, most := 0, 0
	for i := range r.Results {
		n := len(r.Results[i].UnitNS)
		for _, ns := range r.Results[i].UnitNS {
			units = append(units, ns*float64(r.Results[i].Workload.Goroutines))
		}
		if i == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return fmt.Sprintf("Each round has every library once, in another order each time, and U, an uncontended atomic add (%.1f ns here) for each goroutine. Figures are medians over %d to %d rounds, with 10 %% and 90 %% of the rounds in brackets; ratios are taken round by round. With two goroutines, which submit to the same series, a figure is the time of both over the submissions of both: half of that of one goroutine, if they do not disturb each other. Series have three tags. What a caller does anyway to build strings is measured beside and taken off. The garbage collector runs when it will, in whoever's round that is.\n",
		sample.Median(units), least, most)
}

// families returns the results, those of a family together, in their order.
func (r *Report) families() [][]*Result {
	var all [][]*Result
	at := map[string]int{}
	for i := range r.Results {
		family := r.Results[i].Workload.Family
		if _, ok := at[family]; !ok {
			at[family] = len(all)
			all = append(all, nil)
		}
		all[at[family]] = append(all[at[family]], &r.Results[i])
	}
	return all
}

// table returns the table of one family.
func table(family []*Result) string {
	var b strings.Builder
	b.WriteString("| library |")
	rule := "| --- |"
	for _, r := range family {
		fmt.Fprintf(&b, " %s, ns | in U | × ours |", goroutines(r.Workload.Goroutines))
		rule += " ---: | ---: | ---: |"
	}
	b.WriteString(" allocations |\n" + rule + " ---: |\n")
	for _, library := range present(family) {
		b.WriteString("| " + bold(library) + " |")
		allocs := "–"
		for _, r := range family {
			c := r.Of(library)
			if c == nil {
				b.WriteString(" – | – | – |")
				continue
			}
			fmt.Fprintf(&b, " %s | %s | %s |", spread(c.NS), trimmed(sample.Median(sample.Ratios(c.NS, r.UnitNS))), timesOurs(c, r))
			if allocs == "–" {
				allocs = trimmed(c.Allocs)
			}
		}
		fmt.Fprintf(&b, " %s |\n", allocs)
	}
	var built []float64
	for _, r := range family {
		if ours := r.Of(ourName); ours != nil {
			built = append(built, ours.BuildNS...)
		}
	}
	if len(built) > 0 {
		fmt.Fprintf(&b, "\nBuilding the strings takes %.0f ns more, which are taken off.\n", sample.Median(built))
	}
	return b.String()
}

// present returns the libraries of a family, in the order of the results.
func present(family []*Result) []string {
	var names []string
	been := map[string]bool{}
	for _, r := range family {
		for i := range r.Costs {
			if name := r.Costs[i].Library; !been[name] {
				been[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// timesOurs is how many times as long as ours a library takes.
func timesOurs(c *Cost, r *Result) string {
	ours := r.Of(ourName)
	if ours == nil || c == ours {
		return "–"
	}
	return trimmed(sample.Median(sample.Ratios(c.NS, ours.NS)))
}

// goals returns the table of the goals.
func (r *Report) goals() string {
	verdicts := Judge(Goals(), r.Results)
	if len(verdicts) == 0 {
		return "None was measured in this run.\n"
	}
	var b strings.Builder
	b.WriteString("| goal: ours, times as fast | beside | measured (95 % interval) | |\n| --- | --- | ---: | --- |\n")
	for i := range verdicts {
		v := &verdicts[i]
		against := v.Goal.Against
		if against == "" {
			against = "the fastest peer"
		}
		if v.Peer != against {
			against += ": " + v.Peer
		}
		fmt.Fprintf(&b, "| %s, %s: ≥ %s | %s | %.2f (%.2f–%.2f) | %s |\n",
			v.Goal.Family, goroutines(v.Goal.Goroutines), trimmed(v.Goal.Factor), against, v.Speed, v.Low, v.High, v)
	}
	return b.String()
}

// notes says which version of each library was measured, and what it does otherwise
// than ours.
func (r *Report) notes() string {
	var b strings.Builder
	b.WriteString("| library | version | what it does more or less than ours, and how it is used |\n| --- | --- | --- |\n")
	for _, library := range r.Libraries {
		note := library.Note
		if library.StandIn {
			note += "; not measured while flushing"
		}
		if note == "" {
			note = "defaults, JSON lines"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", library.Name, version(library.Module), strings.ReplaceAll(note, "|", `\|`))
	}
	return b.String()
}

// version returns the version of a module in this program.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if module == "" || !ok {
		return "–"
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			if dep.Version == "" || dep.Version == "(devel)" || dep.Version == "v0.0.0" {
				return "this one"
			}
			return dep.Version
		}
	}
	return "this one"
}

// rawBatches is how many lines each library has in Raw for each workload: benchstat
// wants ten, and every round would be megabytes.
const rawBatches = 10

// Raw returns the run in the format of Go's benchmarks, in batches of rounds.
func (r *Report) Raw() string {
	var b strings.Builder
	b.WriteString(benchfmt.Head(r.Head...) + "\n")
	for i := range r.Results {
		result := &r.Results[i]
		w := &result.Workload
		name := func(library string) string {
			return benchfmt.Name("Peers", benchfmt.Key{Key: "workload", Value: w.Family},
				benchfmt.Key{Key: "goroutines", Value: fmt.Sprint(w.Goroutines)}, benchfmt.Key{Key: "lib", Value: library})
		}
		for _, ns := range sample.Batches(result.UnitNS, rawBatches) {
			b.WriteString(benchfmt.Line{Name: name("U"), Procs: r.Procs, Iterations: 1, Values: []benchfmt.Value{{Value: ns, Unit: "ns/op"}}}.String())
		}
		for j := range result.Costs {
			c := &result.Costs[j]
			ns, built := sample.Batches(c.NS, rawBatches), sample.Batches(c.BuildNS, rawBatches)
			for batch := range ns {
				values := []benchfmt.Value{{Value: ns[batch], Unit: "ns/op"}, {Value: c.Allocs, Unit: "allocs/op"}}
				if len(built) > 0 {
					values = append(values, benchfmt.Value{Value: built[batch], Unit: "build-ns/op"})
				}
				b.WriteString(benchfmt.Line{Name: name(c.Library), Procs: r.Procs, Iterations: c.Ops * w.Goroutines * len(c.NS) / len(ns), Values: values}.String())
			}
		}
	}
	return b.String()
}

func goroutines(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}

func bold(library string) string {
	if library == ourName {
		return "**" + library + "**"
	}
	return library
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// spread prints the median of the rounds and where most of them lie.
func spread(rounds []float64) string {
	low, mid, high := sample.Spread(rounds)
	return fmt.Sprintf("%s (%s–%s)", trimmed(mid), trimmed(low), trimmed(high))
}

// trimmed prints three digits that count.
func trimmed(v float64) string {
	switch {
	case v >= 99.95 || v <= -99.95:
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995 || v <= -9.995:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}
