package statsd_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// The process has read every line and is killed before it did anything with them.
// Its kernel ends the connection just as the process would have done; how it ends
// the others depends on the order it goes by, and on what the process had accepted.
func TestAProcessThatReadsAndDiesDidNotConfirm(t *testing.T) {
	accept := func(t *testing.T, l net.Listener) *net.TCPConn {
		c, err := l.Accept()
		require.NoError(t, err)
		return c.(*net.TCPConn)
	}
	for _, c := range []struct {
		name string
		die  func(t *testing.T, l net.Listener, lines *net.TCPConn)
	}{
		{"the witness was accepted, and is ended first, unread", func(t *testing.T, l net.Listener, lines *net.TCPConn) {
			witness := accept(t, l)
			_ = witness.Close()
			_ = lines.Close()
			_ = l.Close()
		}},
		{"the witness was accepted, and is ended last, unread", func(t *testing.T, l net.Listener, lines *net.TCPConn) {
			witness := accept(t, l)
			_ = lines.Close()
			_ = l.Close()
			_ = witness.Close()
		}},
		{"the witness is used, and then ended, unread", func(t *testing.T, l net.Listener, lines *net.TCPConn) {
			witness := accept(t, l)
			_ = lines.Close()
			_, _ = witness.Read(nil) // returns at once
			time.AfterFunc(20*time.Millisecond, func() { _ = l.Close(); _ = witness.Close() })
		}},
		{"the witness was not accepted", func(_ *testing.T, l net.Listener, lines *net.TCPConn) {
			_ = lines.Close()
			_ = l.Close()
		}},
		{"the witness was not accepted, and the listening socket is ended first", func(_ *testing.T, l net.Listener, lines *net.TCPConn) {
			_ = l.Close()
			_ = lines.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := net.Listen("tcp", reserve(t))
			require.NoError(t, err)
			died := make(chan struct{})
			go func() {
				defer close(died)
				lines := accept(t, l)
				_, _ = io.Copy(io.Discard, lines) // to our end, before which the witness is made
				c.die(t, l, lines)
			}()
			se := failure(t, open(t, l.Addr().String()), batch(counter("a", 1), counter("b", 2)))
			<-died
			assert.Equal(t, transport.Unknown, se.Outcome)
			assert.Zero(t, se.Delivered)
			assert.Contains(t, se.Error(), "read the lines and was gone then: ")
		})
	}
}

const doomedProcess = "STATSD_TEST_DOOMED"

// readAndHang is a server that reads one connection to its end, says so, and does
// nothing more.
func readAndHang() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	c, err := l.Accept()
	if err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, c)
	fmt.Println("read")
	select {}
}

// The same with the kernel that there is, which may have a dead process listen a
// moment longer than it keeps its connections.
func TestAProcessThatIsKilledWhenItHasReadDidNotConfirm(t *testing.T) {
	for range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), doomedProcess+"=1")
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said := bufio.NewReader(out)
		address, err := said.ReadString('\n')
		require.NoError(t, err)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			_, err := said.ReadString('\n')
			assert.NoError(t, err)
			assert.NoError(t, cmd.Process.Kill())
		}()
		se := failure(t, open(t, strings.TrimSpace(address)), batch(counter("a", 1)))
		<-killed
		_ = cmd.Wait() // says that it was killed
		assert.Equal(t, transport.Unknown, se.Outcome)
		assert.Zero(t, se.Delivered)
	}
}

// Another process that listens there meanwhile confirms nothing: it is asked by a
// connection that the first one has to have taken.
func TestTheNextProcessDoesNotConfirm(t *testing.T) {
	risen := make(chan struct{}, 1)
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		if lead(c) == nil {
			return
		}
		_, _ = io.ReadFull(c, make([]byte, len("ounters.a:1|c\n")))
		s.mu.Lock()
		delete(s.conns, c) // it is ended in order, all others are reset
		s.mu.Unlock()
		s.down()
		_ = c.Close()
		s.up()
		risen <- struct{}{}
	})
	sd := open(t, s.Address)
	for range 100 { // the witness is made before, meanwhile or after
		require.NoError(t, sd.Start(t.Context()))
		err := sd.Send(t.Context(), batch(counter("a", 1)))
		if se := transport.AsSendError(err); assert.NotNil(t, se) && se.Outcome == transport.Unknown {
			assert.Zero(t, se.Delivered)
			<-risen // it had the line
		}
	}
}

// A server that has no room for a second connection cannot confirm. It gets nothing,
// and the error says why.
func TestWithoutAWitnessNothingIsSent(t *testing.T) {
	var got atomic.Int64
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		s.mu.Lock()
		s.refuse()
		s.mu.Unlock()
		n, _ := io.Copy(io.Discard, c)
		got.Add(n)
	})
	sd := open(t, s.Address)
	require.NoError(t, sd.Start(t.Context()))
	eventually(t, "the connection", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.l == nil
	})
	se := failure(t, sd, batch(counter("a", 1)))
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Zero(t, se.Delivered)
	assert.Contains(t, se.Error(), "took no second connection")
	assert.Contains(t, se.Error(), "connection refused")
	s.serving.Wait() // it has seen the end of the only connection
	assert.Zero(t, got.Load())
}

// A server that serves one connection after the other confirms as well.
func TestAServerThatTakesOneConnectionAtATimeConfirms(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	var got []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, _ := io.ReadAll(c)
			got = append(got, text...)
			_ = c.Close()
		}
	}()
	sd := open(t, l.Addr().String())
	for range 3 {
		require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))))
	}
	require.NoError(t, sd.Inject("b", "1", "c"))
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, statsd.Lines{Accepted: 1, Delivered: 1}, sd.Lines())
	_ = l.Close()
	<-done
	const a = "counters.a:1|c\n\n"
	assert.Equal(t, a+a+a+"b:1|c\n\n", string(got))
}
