package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/memory"
)

func TestListsAreRead(t *testing.T) {
	f := flags{only: "a,b c", kinds: "counter,gauge", series: "1000, 2000", observations: "1", shards: ""}
	require.NoError(t, f.read())
	assert.Equal(t, []string{"a", "b c"}, f.plan.Only)
	assert.Equal(t, []memory.Kind{memory.Counter, memory.Gauge}, f.plan.Kinds)
	assert.Equal(t, []int{1000, 2000}, f.plan.Series)
	assert.Empty(t, f.plan.Shards)

	for _, bad := range []string{"1000,many", "0", "-3", "1,,2"} {
		f.series = bad
		assert.ErrorContains(t, f.read(), "-series "+bad)
	}
}

func TestASoakLeavesATableAndAPlot(t *testing.T) {
	dir := t.TempDir()
	f := flags{out: dir, plots: dir, soakPlan: memory.SoakPlan{Intervals: 20, Churn: 10, Steady: 1}}
	require.NoError(t, soak(t.Context(), &f))
	for _, name := range []string{"soak.md", "memory-soak.svg"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.NotEmpty(t, text)
	}
	f.soakPlan.Intervals = 1
	assert.ErrorContains(t, soak(t.Context(), &f), "give more than 15 intervals")
}
