package statsd_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

func TestMain(m *testing.M) {
	if os.Getenv(doomedProcess) != "" {
		readAndHang()
	}
	goleak.VerifyTestMain(m)
}

// server keeps the lines that arrive, as a statsd server over TCP does: one is
// there when its line feed is.
type server struct {
	t       testing.TB
	Address string

	mu      sync.Mutex
	l       net.Listener
	conns   map[*net.TCPConn]bool
	made    int // connections accepted
	lines   []string
	cut     []string // what stood behind the last line feed of a connection
	serving sync.WaitGroup

	serve func(s *server, c *net.TCPConn) // what it does with a connection
}

func newServer(t testing.TB) *server { return newPeer(t, (*server).read) }

// newPeer returns a server that does something else with its connections.
func newPeer(t testing.TB, serve func(s *server, c *net.TCPConn)) *server {
	s := &server{t: t, conns: map[*net.TCPConn]bool{}, Address: reserve(t), serve: serve}
	s.up()
	t.Cleanup(func() {
		s.down()
		s.serving.Wait()
	})
	return s
}

// up listens, on the same port each time.
func (s *server) up() {
	var l net.Listener
	var err error
	for range 100 { // the port may be in use by a connection of the last time
		if l, err = net.Listen("tcp", s.Address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond) // for the kernel, not for another goroutine
	}
	if !assert.NoError(s.t, err) {
		return
	}
	s.mu.Lock()
	s.Address, s.l = l.Addr().String(), l
	s.mu.Unlock()
	s.serving.Go(func() { s.accept(l) })
}

// down refuses connections and resets those there are.
func (s *server) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse()
	for c := range s.conns {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
}

// refuse takes no connection any more. Called under the lock.
func (s *server) refuse() {
	if s.l != nil {
		_ = s.l.Close()
		s.l = nil
	}
}

func (s *server) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		c := nc.(*net.TCPConn)
		s.mu.Lock()
		if s.l != l { // it came just before down
			s.mu.Unlock()
			_ = c.SetLinger(0)
			_ = c.Close()
			continue
		}
		s.made++
		s.conns[c] = true
		s.mu.Unlock()
		s.serving.Go(func() {
			s.serve(s, c)
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
			_ = c.Close()
		})
	}
}

// lead returns the first byte of a connection that carries lines. A witness carries
// none; it is ended as it should be.
func lead(c *net.TCPConn) (first []byte) {
	first = make([]byte, 1)
	if _, err := io.ReadFull(c, first); err != nil {
		return nil
	}
	if first[0] == '\n' {
		_, _ = io.Copy(io.Discard, c)
		return nil
	}
	return first
}

func (s *server) read(c *net.TCPConn) { s.readOn(nil, c) }

// readOn reads what comes behind rest.
func (s *server) readOn(rest []byte, c *net.TCPConn) {
	buf := make([]byte, 4<<10)
	for {
		n, err := c.Read(buf)
		rest = append(rest, buf[:n]...)
		s.mu.Lock()
		for {
			line, after, found := bytes.Cut(rest, []byte("\n"))
			if !found {
				break
			}
			if len(line) > 0 { // of which servers take no notice
				s.lines = append(s.lines, string(line))
			}
			rest = after
		}
		if err != nil && len(rest) > 0 {
			s.cut = append(s.cut, string(rest))
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *server) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// accepted returns how many connections there were.
func (s *server) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made
}

// open is New for tests. It is quick to connect again, and closed in the end.
func open(t testing.TB, address string, change ...func(*statsd.Config)) *statsd.Transport {
	cfg := statsd.Config{
		Address: address, NoPrefix: true,
		ReconnectMin: time.Millisecond, ReconnectMax: 20 * time.Millisecond, Timeout: 30 * time.Second,
	}
	for _, f := range change {
		f(&cfg)
	}
	sd, err := statsd.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = sd.Close(ctx)
	})
	return sd
}

// eventually waits for what another goroutine or the kernel does.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	require.Eventually(t, f, 30*time.Second, time.Millisecond, what)
}

func counter(name string, values ...float64) transport.Series {
	s := transport.Series{Name: name, Kind: transport.KindCount, Interval: 10 * time.Second}
	for i, v := range values {
		s.Points = append(s.Points, transport.Point{Unix: 1_700_000_000 + int64(i)*10, Value: v})
	}
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

// failure sends b and returns how it failed.
func failure(t testing.TB, sd *statsd.Transport, b *transport.Batch) *transport.SendError {
	t.Helper()
	err := sd.Send(context.Background(), b)
	var se *transport.SendError
	require.ErrorAs(t, err, &se)
	return se
}

// udpServer keeps the datagrams that arrive.
type udpServer struct {
	Address string
	c       *net.UDPConn

	mu        sync.Mutex
	datagrams []string
}

func newUDPServer(t testing.TB) *udpServer {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, c.SetReadBuffer(4<<20))
	s := &udpServer{Address: c.LocalAddr().String(), c: c}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.datagrams = append(s.datagrams, string(buf[:n]))
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return s
}

func (s *udpServer) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.datagrams...)
}

// lines returns the lines of all datagrams; each has a line feed at its end.
func (s *udpServer) lines() (lines []string) {
	for _, d := range s.got() {
		lines = append(lines, strings.Split(strings.TrimSuffix(d, "\n"), "\n")...)
	}
	return lines
}
