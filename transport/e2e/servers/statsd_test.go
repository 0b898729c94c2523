package servers_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
)

const patience = 30 * time.Second

// send opens a connection, writes and closes it.
func send(t *testing.T, network, addr, text string) {
	t.Helper()
	conn, err := net.Dial(network, addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprint(conn, text)
	require.NoError(t, err)
}

func TestStatsdShowsWhatItGot(t *testing.T) {
	t.Parallel()
	s := servers.Statsd(t)
	send(t, "udp", s.UDP, "a.b:2|c\n")
	send(t, "tcp", s.TCP, "a.b:3|c\nroom:-1.5|g\nwait:7|ms\nwait:3|ms|@0.5\nguests:ann|s\nguests:bob|s\nguests:ann|s\ncut:1|c")
	require.Eventually(t, func() bool { return len(s.Lines()) >= 8 }, patience, 10*time.Millisecond)

	assert.Subset(t, s.Lines(), []string{"a.b:2|c", "a.b:3|c", "wait:3|ms|@0.5"})
	assert.NotContains(t, s.Lines(), "cut:1|c", "a line without its end")
	assert.Equal(t, map[string]float64{"a.b": 5, "statsd.bad_lines_seen": 0, "statsd.packets_received": 2, "statsd.metrics_received": 8}, s.Counters())
	assert.Equal(t, map[string]float64{"room": -1.5}, s.Gauges())
	assert.Equal(t, map[string][]float64{"wait": {7, 3}}, s.Timers())
	assert.Empty(t, s.Flushes())

	s.Terminate()
	require.Len(t, s.Flushes(), 1, "it flushes a last time")
	last := s.Flushes()[0]
	assert.InDelta(t, 5, last.Counters["a.b"], 0)
	assert.Equal(t, []float64{3, 7}, last.Timers["wait"])
	assert.InDelta(t, 3, last.Timed["wait"], 0)
	assert.ElementsMatch(t, []string{"ann", "bob"}, last.Sets["guests"])
}

func TestStatsdKeepsItsPortsOverKills(t *testing.T) {
	t.Parallel()
	s := servers.Statsd(t, servers.StatsdConfig{FlushInterval: 50 * time.Millisecond})
	for n := 1; n <= 3; n++ {
		send(t, "tcp", s.TCP, "n:1|c\n")
		require.Eventually(t, func() bool { return len(s.Lines()) == n }, patience, 10*time.Millisecond)
		s.Kill()
		_, err := net.Dial("tcp", s.TCP)
		require.Error(t, err)
		s.Start()
	}
	send(t, "tcp", s.TCP, "n:1|c\n")
	require.Eventually(t, func() bool { return len(s.Lines()) == 4 }, patience, 10*time.Millisecond)
	assert.Equal(t, []string{"n:1|c", "n:1|c", "n:1|c", "n:1|c"}, s.Lines())
	s.Terminate() // it flushes; of those before, a kill may have come before the flush
	counted := total(s.Flushes(), "n")
	assert.GreaterOrEqual(t, counted, 1.0)
	assert.LessOrEqual(t, counted, 4.0)
}

func total(flushes []servers.StatsdFlush, counter string) (sum float64) {
	for _, f := range flushes {
		sum += f.Counters[counter]
	}
	return sum
}

// A packet of many pages is written page by page, and a SIGKILL may come between
// two of them.
func TestStatsdIsKilledAmidPackets(t *testing.T) {
	t.Parallel()
	s := servers.Statsd(t)
	text := strings.Repeat(strings.Repeat("x", 250)+":1|c\n", 200)
	for range 3 {
		conn, err := net.Dial("tcp", s.TCP)
		require.NoError(t, err)
		var writer sync.WaitGroup
		writer.Go(func() {
			for range 10 {
				if _, err := conn.Write([]byte(text)); err != nil {
					return // killed
				}
			}
		})
		before := len(s.Lines())
		require.Eventually(t, func() bool { return len(s.Lines()) > before }, patience, 2*time.Millisecond)
		s.Kill()
		writer.Wait()
		conn.Close()
		s.Start()
	}
	for _, line := range s.Lines() {
		require.Len(t, line, 254)
	}
}
