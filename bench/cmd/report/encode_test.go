package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/encode"
	"github.com/shardstats/shardstats/transport"
)

func encodeExample() encodeResults {
	return encodeResults{
		machine: []string{"system: test", "go: go1.26"},
		plan:    encode.Plan{Rounds: 3},
		results: []encode.Result{
			{
				Case: encode.Case{Wire: "quick", Kind: transport.KindCount, Series: 1000, GoalNS: 250},
				Costs: []encode.Cost{
					{Subject: "shardstats", NS: []float64{90, 100, 110}, Over: []float64{20, 30, 40}, Bytes: 70.4},
					{Subject: "peer", Note: "no request", NS: []float64{900, 1000, 1100}, Bytes: 80, Allocs: 3.5},
				},
			},
			{
				Case:  encode.Case{Wire: "slow", Kind: transport.KindCount, Series: 1000, GoalNS: 250},
				Costs: []encode.Cost{{Subject: "shardstats", NS: []float64{251, 252, 253}}},
			},
			{
				Case:  encode.Case{Wire: "free", Kind: transport.KindHistogram, Series: 100},
				Costs: []encode.Cost{{Subject: "shardstats", NS: []float64{5000}}, {Subject: "peer", Note: "no request", NS: []float64{1}}},
			},
		},
	}
}

func TestTheTableOfWiresShowsFiguresGoalsAndPeers(t *testing.T) {
	r := encodeExample()
	table := r.markdown()
	assert.Contains(t, table, "system: test · go: go1.26\n")
	assert.Contains(t, table, "| quick | 1000 counts | shardstats | 100 (90–110) | 30 | 70 | 0 | ≤ 250 ns |\n|  |  | peer | 1000 (900–1100) | – | 80 | 3.5 | – |\n")
	assert.Contains(t, table, "| slow | 1000 counts | shardstats | 252 (251–253) | – | 0 | 0 | ≤ 250 ns **missed** |\n")
	assert.Contains(t, table, "| free | 100 histograms | shardstats | 5000 (5000–5000) | – | 0 | 0 | – |\n")
	assert.Contains(t, table, "- peer, count: no request.\n- peer, histogram: no request.\n")
}

func TestTheRawFileOfWiresHasEveryRound(t *testing.T) {
	r := encodeExample()
	for i := range r.results {
		for j := range r.results[i].Costs {
			if c := &r.results[i].Costs[j]; c.Over == nil {
				c.Over = make([]float64, len(c.NS))
			}
		}
	}
	_, lines, err := benchfmt.Parse(r.raw())
	require.NoError(t, err)
	assert.Len(t, lines, 3+3+3+1+1)
	assert.Equal(t, "Encode/wire=quick/kind=count/series=1000/by=peer", lines[4].Name)
	assert.Equal(t, []benchfmt.Value{
		{Value: 100, Unit: "ns/series"}, {Value: 30, Unit: "system-ns/series"}, {Value: 70.4, Unit: "bytes/series"}, {Value: 0, Unit: "allocs/series"},
	}, lines[1].Values)
}
