package replay_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

func goldenFile(t *testing.T) *replay.File {
	f, err := os.Open("testdata/threadstats.json")
	require.NoError(t, err)
	defer f.Close()
	file, err := replay.ReadFile(f)
	require.NoError(t, err)
	require.Len(t, file.Scenarios, 36)
	return file
}

func golden(t *testing.T, name string) *replay.Scenario {
	for _, s := range goldenFile(t).Scenarios {
		if s.Name == name {
			return &s
		}
	}
	require.Fail(t, "no such scenario", name)
	return nil
}

// output replays a scenario under the ThreadStats profile.
func output(t *testing.T, s *replay.Scenario) []replay.Payloads {
	t.Helper()
	r, err := s.Run(t.Context(), stats.ProfileThreadStats)
	require.NoError(t, err)
	out, err := r.Payloads(stats.ProfileThreadStats)
	require.NoError(t, err)
	assert.True(t, r.Ledger.Balanced())
	return out
}

func TestGoldenScenarios(t *testing.T) {
	for _, s := range goldenFile(t).Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			require.Len(t, s.Expect, len(s.Flushes))
			got := output(t, &s)
			diff := replay.CompareAll(s.Expect, got)
			known, ok := replay.KnownDifferences[s.Name]
			if !ok {
				assert.Empty(t, diff)
				return
			}
			if s.Name != "sample_rate_ignored" { // by chance one of ten is kept, and weighs ten
				assert.NotEmpty(t, diff, "a known difference that is none")
			}
			assert.Empty(t, known.Check(s.Expect, got))
		})
	}
}
