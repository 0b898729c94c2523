package replay_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// Whatever a log holds, each line is an operation or named as wrong, what is an
// operation can be replayed, and what comes out can be read again.
func FuzzLog(f *testing.F) {
	for _, seed := range []string{
		`{"op":"increment","metric_name":"c","value":1e18,"timestamp":-99.9,"tags":["a","\u0000"],"host":""}`,
		`{"op":"timing","metric_name":"t","value":0.1,"sample_rate":0.5}` + "\n" + `{"op":"flush","at":-7}`,
		`{"op":"set","metric_name":"s","value":[1,{"a":null}]}` + "\n#\n\n" + `{"op":"flush"}` + "\noops",
		`{"op":"distribution","metric_name":"é\u0007","value":-0}` + "\n" + `{"op":"gauge","metric_name":"c","value":3}`,
		`{"op":"rate","metric_name":"r","value":3,"timestamp":253402300799}`,
		`{"op":"event","title":"\n","date_happened":-1.5}` + "\n" + `{"op":"service_check","check":"c","status":3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		p, err := replay.Open(replay.Config{})
		require.NoError(t, err)
		seen := 0
		for op, err := range replay.ReadLog(bytes.NewReader(log)) {
			if seen++; err != nil {
				var wrong *replay.LineError
				require.True(t, errors.As(err, &wrong))
				require.Positive(t, wrong.Line)
				continue
			}
			if op.Op != "flush" {
				require.NoError(t, p.Do(t.Context(), op))
				continue
			}
			at := replay.Inf
			if op.At != nil {
				at = *op.At
			}
			readable(t, p, at)
		}
		require.LessOrEqual(t, seen, 1+bytes.Count(log, []byte("\n")))
		readable(t, p, replay.Inf)
		require.True(t, p.Ledger().Balanced())
		_, err = p.Close(t.Context())
		require.NoError(t, err)
	})
}

func readable(t *testing.T, p *replay.Player, at replay.Time) {
	f, err := p.Flush(t.Context(), at)
	require.NoError(t, err)
	for _, profile := range []stats.Profile{stats.ProfileThreadStats, stats.ProfileDefault} {
		_, err = replay.Unpack(at, f.Of(profile))
		require.NoError(t, err)
	}
}
