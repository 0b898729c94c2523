package statsd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// logged is what a Logger was given.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func newLog() *logged { return &logged{} }

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) count(message string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.buf.Bytes()) {
		var record struct{ Msg string }
		if json.Unmarshal(line, &record) == nil && record.Msg == message {
			n++
		}
	}
	return n
}

// Nobody listens for a while: attempts come with growing pauses, never sooner than
// ReconnectMin.
func TestPausesBetweenAttempts(t *testing.T) {
	s := newServer(t)
	s.down()
	log := newLog()
	const least, most = 10 * time.Millisecond, 40 * time.Millisecond
	began := time.Now()
	sd := open(t, s.Address, func(c *statsd.Config) { c.ReconnectMin, c.ReconnectMax, c.Logger = least, most, log.logger() })
	attempts := func() int { return log.count("statsd: cannot connect") }
	go func() { _ = sd.Start(t.Context()) }()
	eventually(t, "twelve attempts", func() bool { return attempts() >= 12 })
	made := attempts()
	passed := time.Since(began) // in this order: there may be more by now
	assert.LessOrEqual(t, made, int(passed/least)+1)
	assert.GreaterOrEqual(t, passed, 10*least, "most pauses are longer")

	// A Send that nobody answers is one attempt, and waits for it.
	before := attempts()
	for range 3 {
		assert.Equal(t, transport.Retry, failure(t, sd, batch(counter("a", 1))).Outcome)
	}
	assert.GreaterOrEqual(t, attempts(), before+3-1) // one may have been under way
	s.up()
	require.NoError(t, sd.Start(t.Context()))
	eventually(t, "its line", func() bool { return log.count("statsd: connected") == 1 })
	s.down()
	eventually(t, "the loss", func() bool { return log.count("statsd: connection lost") == 1 })
}

// A long pause does not keep a Send waiting.
func TestASendAsksForAConnectionAtOnce(t *testing.T) {
	s := newServer(t)
	s.down()
	sd := open(t, s.Address, func(c *statsd.Config) { c.ReconnectMin, c.ReconnectMax = time.Millisecond, time.Hour })
	for range 20 { // the pauses double
		assert.Equal(t, transport.Retry, failure(t, sd, batch(counter("a", 1))).Outcome)
	}
	s.up()
	began := time.Now()
	require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))))
	assert.Less(t, time.Since(began), time.Minute, "the pause is of an hour, or half of one")
}

// A server that takes connections and ends them at once is not stormed.
func TestAServerThatEndsEveryConnection(t *testing.T) {
	s := newPeer(t, func(*server, *net.TCPConn) {})
	const least = 10 * time.Millisecond
	began := time.Now()
	sd := open(t, s.Address, func(c *statsd.Config) { c.ReconnectMin, c.ReconnectMax = least, least })
	require.NoError(t, sd.Start(t.Context()))
	eventually(t, "some attempts", func() bool { return s.accepted() >= 5 })
	assert.LessOrEqual(t, s.accepted(), int(time.Since(began)/least)+2)
}

func TestStartIsIdempotent(t *testing.T) {
	s := newServer(t)
	sd := open(t, s.Address)
	var starts sync.WaitGroup
	for range 5 {
		starts.Go(func() { assert.NoError(t, sd.Start(t.Context())) })
	}
	starts.Wait()
	require.NoError(t, sd.Start(t.Context()))
	eventually(t, "the connection", func() bool { return s.accepted() == 1 })
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, 1, s.accepted())
}

// The end of a connection does not wait in the queue of a busy server: what was
// sent before it is read before it.
func TestASlowServerIsWaitedFor(t *testing.T) {
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		first := make([]byte, 1)
		if _, err := io.ReadFull(c, first); err != nil {
			return
		}
		<-time.After(50 * time.Millisecond) // busy
		_, _ = io.Copy(io.Discard, c)
	})
	sd := open(t, s.Address)
	began := time.Now()
	require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))))
	assert.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}
