package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/hotpath"
)

func example() results {
	return results{
		machine: []string{"system: test", "go: go1.26"},
		head:    []benchfmt.Key{{Key: "cpu", Value: "test"}},
		plan:    hotpath.Plan{Rounds: 3, Ops: 10},
		costs: []hotpath.Cost{
			{Workload: hotpath.Workload{Name: "quick", Goal: 1.3}, UnitNS: 5, NS: 6, Ratios: []float64{1.1, 1.2, 1.3}, Rounds: []float64{5.5, 6, 6.5}},
			{Workload: hotpath.Workload{Name: "slow", Goal: 3}, UnitNS: 5, NS: 16, BaseNS: 4, Ratios: []float64{3.1, 3.2, 3.3}, Rounds: []float64{15.5, 16, 16.5}},
			{Workload: hotpath.Workload{Name: "free"}, UnitNS: 5, NS: 50, Ratios: []float64{10, 10, 10}, Rounds: []float64{50, 50, 50}},
		},
		throughputs: []hotpath.Throughput{
			{Workload: hotpath.Workload{Name: "quick"}, Goal: 1.9, Ratios: []float64{1.7, 1.8, 1.9}, Machine: []float64{2, 2, 2}},
			{Workload: hotpath.Workload{Name: "unlucky"}, Goal: 1.9, Ratios: []float64{1}, Machine: []float64{1.01}},
		},
		drain: hotpath.Drain{Series: 100, Shards: 2, GoalNS: 100, PerNS: []float64{20, 30, 40}, Drained: 8, Expected: 8},
	}
}

func TestMarkdownShowsFiguresAndGoals(t *testing.T) {
	r := example()
	table := r.markdown()
	assert.Contains(t, table, "system: test · go: go1.26\n")
	assert.Contains(t, table, "U is an uncontended atomic add, 5.0 ns here,")
	assert.Contains(t, table, "| quick | 6.0 | 1.20 (1.10–1.30) | ≤ 1.3 U | 0 |\n")
	assert.Contains(t, table, "| slow (less 4.0 ns of building them) | 16.0 | 3.20 (3.10–3.30) | ≤ 3 U **missed** | 0 |\n")
	assert.Contains(t, table, "| free | 50.0 | 10.00 (10.00–10.00) | – | 0 |\n")
	assert.Contains(t, table, "| quick | 1.80 (1.70–1.90) | 2.00 (2.00–2.00) | ≥ 1.9 **missed** |\n")
	assert.Contains(t, table, "| unlucky | 1.00 (1.00–1.00) | 1.01 (1.01–1.01) | ≥ 1.9, not measured: the machine was busy |\n")
	assert.Contains(t, table, "| 100 touched counters over 2 shards | 30.00 (20.00–40.00) | ≤ 100 | 0 |\n")
}

func TestRawHasEveryRound(t *testing.T) {
	r := example()
	config, lines, err := benchfmt.Parse(r.raw())
	require.NoError(t, err)
	assert.Equal(t, "test", config["cpu"])
	assert.Len(t, lines, 3*3+3+1+3)
	assert.Equal(t, "Submit/kind=quick", lines[1].Name)
	assert.Equal(t, 10, lines[1].Iterations)
	assert.Equal(t, []benchfmt.Value{{Value: 6, Unit: "ns/op"}, {Value: 1.2, Unit: "U/op"}, {Value: 0, Unit: "allocs/op"}}, lines[1].Values)
	assert.Equal(t, []benchfmt.Value{{Value: 1, Unit: "times-1-goroutine"}, {Value: 1.01, Unit: "times-atomic-adds"}}, lines[12].Values)
	assert.Equal(t, "Drain/series=100/shards=2", lines[15].Name)
	assert.Equal(t, benchfmt.Value{Value: 40, Unit: "ns/series"}, lines[15].Values[0])
}
