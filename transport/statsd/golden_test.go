package statsd_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// The file has what sprockets-statsd 1.0.0 put out, call by call. Ours is the same,
// byte for byte, but for:
//
//   - Python prints the float 12340.0 so, Go as 12340: equal as numbers.
//   - gauge(-5) is sent as 0 and then -5: with -5 alone the server changes its value.
//   - A delta that is a float is a line (sprockets raises ValueError, the first of the
//     file) and no wrong option gets as far as a TypeError.
//   - Prefix None, "Nonecounters.c:1|c", cannot be asked for: NoPrefix says it.
//   - What the connection wrote, with a blank line behind each line, has none here.
//   - The last line is about log messages: see TestThrottle.
func TestTheLinesOfSprocketsStatsd(t *testing.T) {
	text, err := os.ReadFile("testdata/sprockets_lines.txt")
	require.NoError(t, err)
	golden := strings.Split(strings.TrimSpace(string(text)), "\n")
	const seconds = 1000 // a timing comes in milliseconds here

	s := newServer(t)
	sd := open(t, s.Address, func(c *statsd.Config) { c.Plain = false })
	prefixed := open(t, s.Address, func(c *statsd.Config) { c.NoPrefix, c.Prefix = false, "applications.my-service" })
	send := func(sd *statsd.Transport, in transport.Series) func() {
		return func() { require.NoError(t, sd.Send(t.Context(), batch(in))) }
	}
	count := func(name string, v float64) func() { return send(sd, series(name, transport.KindCount, value(v))) }
	gauge := func(v float64) func() { return send(sd, series("g", transport.KindGauge, value(v))) }
	delta := func(v float64) func() { return func() { require.NoError(t, sd.GaugeDelta("g", v)) } }
	timing := func(secs float64) func() { return send(sd, series("t", transport.KindTiming, observed(secs*seconds))) }
	calls := []struct {
		do   func()
		want []string // if it is not what the file says
	}{
		{delta(1.5), []string{"gauges.g:+1.5|g"}}, // ValueError
		{do: count("a", 1)}, {do: count("a", 10)}, {do: count("a", -1)}, {do: count("a", -10)},
		{do: gauge(100)}, {do: delta(-10)}, {do: delta(10)},
		{gauge(-5), []string{"gauges.g:0|g", "gauges.g:-5|g"}},
		{do: timing(12.34)}, {do: timing(0.001)}, {do: gauge(1.5)}, {do: timing(1.0013449192047119)},
		{do: count("x", -3)}, {do: count("x", 3)},
		{func() {}, nil}, // TypeError
		{do: send(prefixed, series("c", transport.KindCount, value(1)))},
		{count("c", 1), []string{"counters.c:1|c"}}, // Nonecounters
		{func() { require.NoError(t, sd.Inject("x", "1", "c")) }, []string{"x:1|c"}},
		{func() { require.NoError(t, sd.Inject("a", "1", "c")) }, []string{"a:1|c"}},
	}
	require.Len(t, golden, len(calls)+1)
	got := 0
	for i, call := range calls {
		want := call.want
		if want == nil && !strings.HasPrefix(golden[i], "TypeError") {
			want = []string{strings.TrimSuffix(strings.TrimPrefix(golden[i], "b'"), "'")}
		}
		call.do()
		eventually(t, golden[i], func() bool { return len(s.got()) >= got+len(want) })
		lines := s.got()[got:]
		got += len(lines)
		require.Len(t, lines, len(want), "%s", golden[i])
		for j := range want {
			assert.Equal(t, asGo(want[j]), lines[j])
		}
	}
	assert.Empty(t, s.cut)
}

// asGo prints the value of a line with a float as Go does, and leaves others.
func asGo(line string) string {
	path, rest, _ := strings.Cut(line, ":")
	value, kind, _ := strings.Cut(rest, "|")
	if f, err := strconv.ParseFloat(value, 64); err == nil && strings.Contains(value, ".") && !strings.HasPrefix(value, "+") {
		return path + ":" + strconv.FormatFloat(f, 'f', -1, 64) + "|" + kind
	}
	return line
}
