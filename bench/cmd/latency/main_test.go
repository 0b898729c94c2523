package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/latency"
	"github.com/shardstats/shardstats/bench/peers"
)

func TestMain(m *testing.M) {
	latency.ChildMain(peers.Libraries()) // the test measures in processes of their own
	os.Exit(m.Run())
}

func TestARunLeavesTablesRoundsAndPlots(t *testing.T) {
	plan := latency.Plan{
		Series: 20, Rounds: 1, Budget: time.Millisecond, LeastTurn: time.Millisecond,
		Goroutines: []int{1}, Pause: time.Millisecond, Only: []string{latency.Ours},
	}
	dir := t.TempDir()
	require.NoError(t, run(t.Context(), plan, dir, "latency", filepath.Join(dir, "plots")))
	for _, name := range []string{"latency.md", "latency.txt", "plots/latency-peers-1.svg", "plots/latency-ours-1.svg"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.NotEmpty(t, text)
	}
	plan.Only = []string{"nobody's"}
	assert.ErrorContains(t, run(t.Context(), plan, "", "", ""), "no library")
}
