package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/scaling"
)

func TestScalingGoesIntoItsDocument(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "SCALING.md")
	require.NoError(t, os.WriteFile(document, []byte("before\n<!-- scaling: generated -->\n<!-- /scaling -->\nafter\n"), 0o644))
	sharing, err := scaling.MeasureSharing(scaling.SharingPlan{Rounds: 1, Ops: 2000})
	require.NoError(t, err)
	r := scalingResults{machine: []string{"system: test"}, sharing: sharing, processors: []int{1, 2}}
	require.NoError(t, r.write(folder, "scaling", document))

	text, err := os.ReadFile(document)
	require.NoError(t, err)
	table, err := os.ReadFile(filepath.Join(folder, "scaling.md"))
	require.NoError(t, err)
	assert.Contains(t, string(text), string(table))
	assert.Contains(t, string(table), "| bound counter, WithShards(1) | 2 | ")
	assert.Regexp(t, `\n\| 2 \| 2 \| \d`, string(table))
	raw, err := os.ReadFile(filepath.Join(folder, "scaling.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(raw), "\nBenchmarkSharing/load=client_golang_s_counter/goroutines=2")
	svg, err := os.ReadFile(filepath.Join(folder, "plots", "scaling-submissions.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(svg), "one word for all")
}
