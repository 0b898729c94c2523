package replay_test

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// wire returns the requests that datadogpy made: a line with method and URL, and
// its body on the next.
func wire(t *testing.T) []replay.Request {
	text, err := os.ReadFile("testdata/threadstats_wire.txt")
	require.NoError(t, err)
	var requests []replay.Request
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "POST" {
			u, err := url.Parse(fields[1])
			require.NoError(t, err)
			requests = append(requests, replay.Request{Method: fields[0], Path: u.Path})
		} else if strings.HasPrefix(line, "    {") {
			requests[len(requests)-1].Body = []byte(strings.TrimSpace(line))
		}
	}
	require.Len(t, requests, 8, "four without compression, and the same with it")
	return requests
}

// The same calls make the same requests. Their bodies are the same but for the order
// of series.
func TestTheWireIsTheSame(t *testing.T) {
	s := steps(t,
		`{"op":"gauge","metric_name":"g","value":1.5,"timestamp":100,"tags":["a:b"]}`,
		`{"op":"increment","metric_name":"c","value":3,"timestamp":100}`,
		`{"op":"gauge","metric_name":"h0","value":1,"timestamp":100,"host":""}`,
		`{"op":"gauge","metric_name":"h1","value":1,"timestamp":100,"host":"x"}`,
		`{"op":"set","metric_name":"s","value":"member","timestamp":100}`,
		`{"op":"distribution","metric_name":"d","value":1,"timestamp":100}`,
		`{"op":"distribution","metric_name":"d","value":2.5,"timestamp":100}`,
		`{"op":"event","title":"T","message":"txt","alert_type":"error","aggregation_key":"ak","source_type_name":"st","date_happened":1375296969,"priority":"low","tags":["e:1"],"hostname":"eh"}`,
		`{"op":"event","title":"T2","message":"txt2"}`,
		`{"op":"flush","at":110}`,
	)
	s.Ctor.Namespace, s.Ctor.ConstantTags = "ns", []string{"k:v"}
	s.Start.Device = new("dev0")
	cfg, err := s.Config()
	require.NoError(t, err)
	cfg.FillHost = "myhost"
	r, err := s.RunWith(t.Context(), cfg)
	require.NoError(t, err)
	got := r.Flushes[0].Of(stats.ProfileThreadStats)

	golden := wire(t)
	for _, want := range [][]replay.Request{golden[:4], golden[4:]} {
		require.Equal(t, len(want), len(got))
		for i := range want {
			assert.Equal(t, want[i].Method, got[i].Method)
			assert.Equal(t, want[i].Path, got[i].Path)
			w, err := replay.Unpack(0, want[i:i+1])
			require.NoError(t, err)
			g, err := replay.Unpack(0, got[i:i+1])
			require.NoError(t, err)
			assert.Empty(t, replay.Compare(w, g), want[i].Path)
			if len(w.Events) == 0 {
				assert.ElementsMatch(t, brief(w.Series), brief(g.Series), "with tags in their order")
				assert.ElementsMatch(t, brief(w.Distributions), brief(g.Distributions))
			} else {
				assert.Equal(t, w.Events, g.Events, "with the tags in their order")
			}
		}
	}
}
