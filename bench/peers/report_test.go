package peers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/benchfmt"
)

// example is a run in which ours takes 5 ns and 2 ns.
func example() *Report {
	one := Workload{Family: boundCounter, Goroutines: 1, Series: 1}
	two := Workload{Family: boundCounter, Goroutines: 2, Series: 1}
	built := Workload{Family: "counter by name, built tags", Goroutines: 1, Series: 1000}
	return &Report{
		Machine:   []string{"system: test", "go: go1.26"},
		Head:      []benchfmt.Key{{Key: "cpu", Value: "test"}},
		Procs:     2,
		Libraries: []Library{{Name: ourName}, {Name: "client_golang", Module: "none", Note: "a | b"}, {Name: "client_golang, native", StandIn: true, Note: "c"}},
		Results: []Result{
			{Workload: one, UnitNS: []float64{4, 4, 4}, Costs: []Cost{
				{Library: ourName, NS: []float64{4.9, 5, 5.1}, Ops: 10},
				{Library: "client_golang", NS: []float64{9.8, 10, 10.2}, Ops: 10, Allocs: 1.5},
			}},
			{Workload: two, UnitNS: []float64{2, 2, 2}, Costs: []Cost{
				{Library: ourName, NS: []float64{2, 2, 2}},
				{Library: "client_golang", NS: []float64{4, 4, 4}},
				{Library: "client_golang, native", NS: []float64{3.9, 4.1, 3}},
			}},
			{Workload: built, UnitNS: []float64{4}, Costs: []Cost{{Library: ourName, NS: []float64{50}, BuildNS: []float64{34}}}},
		},
	}
}

func TestTheTablesShowFiguresAndRatios(t *testing.T) {
	text := example().Markdown()
	assert.Contains(t, text, "system: test · go: go1.26\n")
	assert.Contains(t, text, "an uncontended atomic add (4.0 ns here)")
	assert.Contains(t, text, "medians over 1 to 3 rounds")
	assert.Contains(t, text, "| library | 1 goroutine, ns | in U | × ours | 2 goroutines, ns | in U | × ours | allocations |\n")
	assert.Contains(t, text, "| **shardstats** | 5 (4.9–5.1) | 1.25 | – | 2 (2–2) | 1 | – | 0 |\n")
	assert.Contains(t, text, "| client_golang | 10 (9.8–10.2) | 2.5 | 2 | 4 (4–4) | 2 | 2 | 1.5 |\n")
	assert.Contains(t, text, "| client_golang, native | – | – | – | 3.9 (3–4.1) |")
	assert.Contains(t, text, "Building the strings takes 34 ns more, which are taken off.\n")
	assert.Contains(t, text, `| client_golang | this one | a \| b |`)
	assert.Contains(t, text, "c; not measured while flushing")
}

func TestGoalsAreJudgedAgainstTheFastestOfAPeersWays(t *testing.T) {
	verdicts := Judge([]Goal{{boundCounter, 2, "client_golang", 1.5}, {boundCounter, 1, "", 2.5}, {boundCounter, 1, "nobody", 1}, {boundHistogram, 1, "", 1}}, example().Results)
	require.Len(t, verdicts, 2, "no verdict without figures")
	assert.Equal(t, "client_golang, native", verdicts[0].Peer)
	assert.InDelta(t, 1.95, verdicts[0].Speed, 1e-9)
	assert.True(t, verdicts[0].Met())
	assert.Equal(t, "client_golang", verdicts[1].Peer)
	assert.InDelta(t, 2, verdicts[1].Speed, 1e-9)
	assert.False(t, verdicts[1].Met())
	assert.Equal(t, "**missed** by 20 %", verdicts[1].String())
	assert.Equal(t, "met, within the noise", (&Verdict{Goal: Goal{Factor: 2}, Low: 1.9, Speed: 2.1, High: 2.2}).String())
	assert.Equal(t, "**missed** by 5 %, within the noise; the machine was busy", (&Verdict{Goal: Goal{Factor: 2}, Low: 1.5, Speed: 1.9, High: 2.2, Busy: true}).String())
	assert.Equal(t, "met", (&Verdict{Goal: Goal{Factor: 2}, Low: 2, Speed: 2.1, High: 2.2}).String())
}

func TestAMachineThatWasBusyIsNoticed(t *testing.T) {
	results := example().Results
	assert.False(t, busy(&results[0], results), "one goroutine has always a processor")
	assert.False(t, busy(&results[1], results))
	results[1].UnitNS = []float64{2, 3.5, 3.9}
	assert.True(t, busy(&results[1], results))
	assert.False(t, busy(&results[1], results[1:2]), "nothing to compare with")
}

func TestTheReadmeHasWhatIsAskedMost(t *testing.T) {
	text := example().Readme([]string{"docs/plots/peers-bound-counter.svg"})
	assert.Contains(t, text, "| ns, 1 / 2 goroutines | bound counter | counter by name | bound histogram | histogram by name |\n")
	assert.Contains(t, text, "| **shardstats** | 5 / 2 | – | – | – |\n")
	assert.Contains(t, text, "| client_golang, native | – / 3.9 | – | – | – |\n")
	assert.Contains(t, text, "| bound counter, 2 goroutines: ≥ 2.5 | client_golang: client_golang, native | 1.95 (1.50–2.05) | **missed** by 22 % |\n")
	assert.Contains(t, text, "](docs/plots/peers-bound-counter.svg)")
}

func TestTheRawFileHasEveryBatch(t *testing.T) {
	config, lines, err := benchfmt.Parse(example().Raw())
	require.NoError(t, err)
	assert.Equal(t, "test", config["cpu"])
	assert.Len(t, lines, 3*3+3*4+2)
	assert.Equal(t, benchfmt.Line{
		Name: "Peers/workload=bound_counter/goroutines=1/lib=client_golang", Procs: 2, Iterations: 10,
		Values: []benchfmt.Value{{Value: 9.8, Unit: "ns/op"}, {Value: 1.5, Unit: "allocs/op"}},
	}, lines[6])
	long := example()
	long.Results = long.Results[:1]
	long.Results[0].UnitNS = make([]float64, 100)
	long.Results[0].Costs = []Cost{{Library: ourName, NS: make([]float64, 100), Ops: 3}}
	_, batches, err := benchfmt.Parse(long.Raw())
	require.NoError(t, err)
	assert.Len(t, batches, 2*rawBatches)
	assert.Equal(t, 30, batches[rawBatches].Iterations)
	assert.Contains(t, lines[len(lines)-1].Values, benchfmt.Value{Value: 34, Unit: "build-ns/op"})
}

func TestThePlotsHaveABarForEachLibrary(t *testing.T) {
	files, err := example().Plots()
	require.NoError(t, err)
	assert.Equal(t, []string{"peers-bound-counter.svg"}, PlotNames(files))
	assert.Contains(t, string(files["peers-bound-counter.svg"]), "2 goroutines")
	assert.Equal(t, 1, strings.Count(string(files["peers-bound-counter.svg"]), "<svg"))
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	for want, v := range map[string]float64{"0": 0.001, "1.23": 1.234, "1.2": 1.2, "5": 5, "10": 9.996, "12.3": 12.34, "123": 123.4, "-3.5": -3.5} {
		assert.Equal(t, want, trimmed(v))
	}
}
