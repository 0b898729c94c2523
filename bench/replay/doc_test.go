package replay_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// The log that the documentation shows can be replayed, and each of its lines has
// an effect.
func TestTheSampleOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if log, ok := strings.CutPrefix(line, "//\t"); ok && (strings.HasPrefix(log, `{"op"`) || log[0] == '#') {
			lines = append(lines, strings.TrimSpace(log))
		}
	}
	require.Len(t, lines, 12)
	s := steps(t, lines...)
	require.Len(t, s.Ops, 10)
	kinds := map[string]bool{"flush": true}
	for _, op := range s.Ops {
		kinds[op.Op] = true
	}
	assert.Len(t, kinds, 11, "every operation that there is")

	r, err := s.Run(t.Context())
	require.NoError(t, err)
	assert.Empty(t, r.Ledger.Refused)
	out, err := r.Payloads(stats.ProfileThreadStats)
	require.NoError(t, err)
	assert.Subset(t, brief(out[0].Series), []string{
		"page.views = [1577872800,0.1] #env:prod",
		"in.flight = [1577872800,-0.2]",
		`queue.depth on "web-1" = [1577872800,17]`,
		"query.ms.max = [1577872800,12.5]",
		"users = [1577872800,1]",
	})
	assert.Equal(t, []string{"cart.total = [1577872800,[99.9]]"}, brief(out[0].Distributions))
	assert.Equal(t, []object{{"title": "deployed", "text": "1.2.3", "alert_type": "info", "tags": []any{"env:prod"}}}, out[0].Events)
	assert.Equal(t, "web-1", out[0].Checks[0]["host_name"])
	assert.True(t, replay.Inf.IsInf())
}
