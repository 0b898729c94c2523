package statsd_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

func udp(c *statsd.Config) { c.Network = "udp" }

func TestDatagramsAreFullOfWholeLines(t *testing.T) {
	s := newUDPServer(t)
	sd := open(t, s.Address, udp)
	b := new(transport.Batch)
	var want []string
	for i := range 500 {
		name := fmt.Sprintf("g%s.%d", strings.Repeat("x", i%40), i)
		b.Series = append(b.Series, series(name, transport.KindGauge, value(-1)))
		want = append(want, "gauges."+name+":0|g", "gauges."+name+":-1|g")
	}
	require.NoError(t, sd.Send(t.Context(), b))
	eventually(t, "all lines", func() bool { return len(s.lines()) == len(want) })
	assert.Equal(t, want, s.lines())
	datagrams := s.got()
	for i, d := range datagrams {
		assert.LessOrEqual(t, len(d), 1432)
		assert.True(t, strings.HasSuffix(d, "\n"))
		lines := strings.Split(strings.TrimSuffix(d, "\n"), "\n")
		assert.Zero(t, len(lines)%2, "the two lines of a gauge below 0 stay together")
		if i > 0 {
			assert.Greater(t, len(datagrams[i-1])+len(lines[0])+len(lines[1])+2, 1432, "the one before was full")
		}
	}
}

func TestALineLongerThanADatagram(t *testing.T) {
	s := newUDPServer(t)
	sd := open(t, s.Address, udp)
	name := func(bytes int) string { return strings.Repeat("x", bytes-len("counters.")-len(":1|c\n")) }
	se := failure(t, sd, batch(counter("a", 1), counter(name(1433), 1), counter(name(1432), 1), series("s", transport.KindSet, members("ann", strings.Repeat("é", 300)))))
	assert.Equal(t, 4, se.Delivered)
	assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "too_large"}, {Index: 3, Reason: "too_large"}}, se.Rejected)
	eventually(t, "the others", func() bool { return len(s.lines()) == 2 })
	require.EqualError(t, sd.Inject(strings.Repeat("x", 1430), "1", "c"), "statsd: a line of 1435 bytes: want at most 1432")
}

// A host that says nobody listens is heard at the next datagram, which was not sent.
func TestARefusedDatagramIsRetried(t *testing.T) {
	s := newUDPServer(t)
	sd := open(t, s.Address, udp)
	require.NoError(t, sd.Start(t.Context()))
	assert.True(t, sd.Connected())
	_ = s.c.Close()
	var se *transport.SendError
	eventually(t, "a refusal", func() bool { // the answer to the first takes its time
		err := sd.Send(t.Context(), batch(counter("a", 1)))
		se = transport.AsSendError(err)
		return se != nil
	})
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Equal(t, "statsd: "+s.Address+": connection refused", se.Error())
	assert.False(t, sd.Connected())
}

func TestInjectOverUDP(t *testing.T) {
	s := newUDPServer(t)
	sd := open(t, s.Address, udp, func(c *statsd.Config) { c.CheckInterval = time.Nanosecond }) // looked up each time
	for i := range 100 {
		require.NoError(t, sd.Inject("a", fmt.Sprint(i), "c"))
	}
	require.NoError(t, sd.Close(t.Context()))
	eventually(t, "all lines", func() bool { return len(s.lines()) == 100 })
	for i, line := range s.lines() {
		require.Equal(t, fmt.Sprintf("a:%d|c", i), line)
	}
	assert.Equal(t, statsd.Lines{Accepted: 100, Delivered: 100}, sd.Lines())
}

func TestANameThatCannotBeLookedUp(t *testing.T) {
	sd := open(t, "no-such-host.invalid", udp)
	se := failure(t, sd, batch(counter("a", 1)))
	assert.Equal(t, transport.Retry, se.Outcome)
	require.Error(t, sd.Start(t.Context()))
	assert.False(t, sd.Connected())
}
