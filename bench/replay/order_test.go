package replay_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/bench/replay"
)

// places returns what tells the objects of a payload apart, in their order.
func places(list []replay.Metric) []string {
	var out []string
	for _, m := range list {
		host := "null"
		if m.Host != nil {
			host = *m.Host
		}
		out = append(out, fmt.Sprintf("%s %v %s %v", m.Metric, m.Points[0].Unix, host, m.Tags))
	}
	return out
}

// The objects of a payload come in the order of datadogpy, too, and so do the tags
// of each. Comparing does not ask for it; reading both side by side does.
func TestGoldenScenariosKeepTheirOrder(t *testing.T) {
	for _, s := range goldenFile(t).Scenarios {
		if _, known := replay.KnownDifferences[s.Name]; known {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			got := output(t, &s)
			for i, want := range s.Expect {
				assert.Equal(t, places(want.Series), places(got[i].Series))
				assert.Equal(t, places(want.Distributions), places(got[i].Distributions))
			}
		})
	}
}
