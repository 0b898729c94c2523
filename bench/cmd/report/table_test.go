package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/bench/hotpath"
)

func example() results {
	return results{
		machine: []string{"system: test", "go: go1.26"},
		plan:    hotpath.Plan{Rounds: 3, Ops: 10},
		costs: []hotpath.Cost{
			{Workload: hotpath.Workload{Name: "quick", Goal: 1.3}, UnitNS: 5, NS: 6, Ratios: []float64{1.1, 1.2, 1.3}},
			{Workload: hotpath.Workload{Name: "slow", Goal: 3}, UnitNS: 5, NS: 16, BaseNS: 4, Ratios: []float64{3.1, 3.2, 3.3}},
			{Workload: hotpath.Workload{Name: "free"}, UnitNS: 5, NS: 50, Ratios: []float64{10, 10, 10}},
		},
		throughputs: []hotpath.Throughput{
			{Workload: hotpath.Workload{Name: "quick"}, Goal: 1.9, Ratios: []float64{1.7, 1.8, 1.9}, Machine: []float64{2}},
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
	raw := r.raw()
	assert.Contains(t, raw, "1.100 1.200 1.300\n")
	assert.Contains(t, raw, "1.700 1.800 1.900\n")
	assert.Contains(t, raw, "1.010\n")
	assert.Contains(t, raw, "20.000 30.000 40.000\n")
	assert.Contains(t, raw, "8 added, 8 drained")
}
