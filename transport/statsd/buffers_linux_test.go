package statsd_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// A peer that takes little and then nothing cuts a line, since the buffers on the
// way are small. What was not sent, the cut line from its start, goes to the next
// connection.
func TestACutLineIsSentAgainFromItsStart(t *testing.T) {
	var conns atomic.Int32
	end := make(chan struct{})
	first := make(chan []byte, 1)
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		if conns.Add(1) > 1 {
			s.read(c)
			return
		}
		_ = c.SetReadBuffer(4 << 10)
		<-end // until the client has given up
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		rest, _ := io.ReadAll(c)
		first <- rest
	})
	sd := open(t, s.Address, func(c *statsd.Config) { c.Timeout, c.QueueSize = time.Second, 10_000 })
	statsd.ShrinkBuffers(sd)
	var want []string
	for i := range 1000 {
		path := fmt.Sprintf("%s.%d", strings.Repeat("x", 200), i)
		require.NoError(t, sd.Inject(path, "1", "c"))
		want = append(want, path+":1|c")
	}
	eventually(t, "the doubt", func() bool { return sd.Lines().Unknown > 0 })
	close(end)
	eventually(t, "the rest", func() bool { return sd.Lines().Waiting == 0 })
	unknown := int(sd.Lines().Unknown)
	assert.Positive(t, unknown)
	assert.Less(t, unknown, 900)
	assert.Equal(t, want[unknown:], s.got(), "none lost, none glued, from its start")
	assert.Empty(t, s.cut)
	// What the first connection got of the cut line has no line feed.
	lines := strings.Split(string(<-first), "\n")
	assert.LessOrEqual(t, len(lines)-1, unknown)
	assert.Equal(t, want[:len(lines)-1], lines[:len(lines)-1])
}

// The same for points: those that did not leave are Retry.
func TestPointsBehindACutLineAreRetried(t *testing.T) {
	end := make(chan struct{})
	s := newPeer(t, func(_ *server, c *net.TCPConn) {
		_ = c.SetReadBuffer(4 << 10)
		<-end
	})
	t.Cleanup(func() { close(end) })
	sd := open(t, s.Address, func(c *statsd.Config) { c.Timeout = time.Second })
	statsd.ShrinkBuffers(sd)
	b := new(transport.Batch)
	for i := range 1000 {
		b.Series = append(b.Series, counter(fmt.Sprintf("%s.%d", strings.Repeat("x", 200), i), 1))
	}
	se := failure(t, sd, b)
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Contains(t, se.Error(), "did not take all of it within the timeout")
	assert.Zero(t, se.Delivered)
	assert.NotEmpty(t, se.Rejected)
	assert.Less(t, len(se.Rejected), 900)
	for i, r := range se.Rejected {
		assert.Equal(t, transport.Rejection{Index: i, Reason: string(transport.ReasonUnknown)}, r)
	}
}

// ConfirmAck waits for the peer's kernel, and for nothing more.
func TestAck(t *testing.T) {
	end := make(chan struct{})
	s := newPeer(t, func(_ *server, c *net.TCPConn) {
		_ = c.SetReadBuffer(4 << 10)
		<-end
	})
	t.Cleanup(func() { close(end) })
	sd := open(t, s.Address, func(c *statsd.Config) { c.Confirm, c.Timeout = statsd.ConfirmAck, time.Second })
	require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))), "it is in the peer's buffer")

	full := new(transport.Batch)
	for i := range 200 { // more than that holds, less than a chunk
		full.Series = append(full.Series, counter(fmt.Sprintf("%s.%d", strings.Repeat("x", 1000), i), 1))
	}
	se := failure(t, sd, full)
	assert.Equal(t, transport.Unknown, se.Outcome)
	assert.Contains(t, se.Error(), "did not confirm within the timeout")
}

func TestAckOfAConnectionThatWasReset(t *testing.T) {
	s := newPeer(t, func(_ *server, c *net.TCPConn) {
		_, _ = c.Read(make([]byte, 1))
		reset(c)
	})
	sd := open(t, s.Address, func(c *statsd.Config) { c.Confirm = statsd.ConfirmAck })
	failed := 0
	for i := range 20 { // acknowledged by the kernel before the process resets, or not
		b := batch(counter(strings.Repeat("x", 50<<10), float64(i)), counter(strings.Repeat("y", 50<<10), float64(i)))
		if se := transport.AsSendError(sd.Send(t.Context(), b)); se != nil {
			assert.Contains(t, []transport.Outcome{transport.Unknown, transport.Retry}, se.Outcome)
			failed++
		}
	}
	assert.Positive(t, failed)
	assert.Eventually(t, func() bool { return sd.Connected() }, 30*time.Second, time.Millisecond, "it connects again")
}

// That the peer ended the connection is no proof: what counts is whether it then had
// everything.
func TestTheEndOfAConnectionIsNoProof(t *testing.T) {
	for _, c := range []struct {
		name string
		peer func(c *net.TCPConn, written chan struct{})
		want string
	}{
		{"it reads everything, and ends", func(c *net.TCPConn, _ chan struct{}) {
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}, ""},
		{"it ends when it has read everything, before it hears our end", func(c *net.TCPConn, _ chan struct{}) {
			_, _ = io.ReadFull(c, make([]byte, len("a:1|c\n")))
			_ = c.Close()
		}, ""},
		{"it ends, and then comes what it does not read", func(c *net.TCPConn, written chan struct{}) {
			_ = c.Close()
			written <- struct{}{} // may be written now
		}, "before it had everything"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			nc, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			peer, err := l.Accept()
			require.NoError(t, err)
			may, done := make(chan struct{}, 1), make(chan struct{})
			go func() { c.peer(peer.(*net.TCPConn), may); close(done) }()
			if c.want != "" {
				<-may
			}
			_, err = nc.Write([]byte("a:1|c\n"))
			require.NoError(t, err)
			_ = nc.(*net.TCPConn).CloseWrite() // fails if the reset is there already
			err = statsd.Settled(nc.(*net.TCPConn))
			<-done
			if c.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.want)
			}
		})
	}
}

// Seen before we end our side, the peer's end says that it did not wait for ours.
func TestAPeerThatEndsFirstDidNotConfirm(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	peer, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, peer.Close())
	assert.EqualError(t, statsd.EndedFirst(nc.(*net.TCPConn)), "the peer ended the connection before it had everything")
}

// Where the kernel does not say what state a connection is in, as in some sandboxes,
// nothing is confirmed, and nobody waits for the peer to end it.
func TestAKernelThatSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	result := make(chan error, 1)
	go func() { result <- statsd.ConfirmSilent(nc.(*net.TCPConn)) }()
	select {
	case err := <-result:
		assert.Error(t, err)
	case <-time.After(10 * time.Second):
		assert.Fail(t, "it waits for ever")
	}
}
