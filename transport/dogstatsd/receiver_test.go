package dogstatsd_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a server that keeps every datagram, or frame, it gets.
type receiver struct {
	t       *testing.T
	network string // udp, unixgram, unix
	address string // as a Config has it

	mu        sync.Mutex
	datagrams []string
	broken    int // frames that were cut
	listening io.Closer
	conns     map[net.Conn]bool
	running   sync.WaitGroup
}

func newReceiver(t *testing.T, network string) *receiver {
	r := &receiver{t: t, network: network, conns: map[net.Conn]bool{}}
	switch network {
	case "udp":
		r.address = "udp://127.0.0.1:0"
	case "unixgram":
		r.address = "unixgram://" + socketPath(t)
	case "unix":
		r.address = "unixstream://" + socketPath(t)
	}
	r.up()
	t.Cleanup(r.down)
	return r
}

// socketPath returns one that is short enough, wherever the temporary folder is.
func socketPath(t *testing.T) string {
	dir, err := os.MkdirTemp("", "dsd")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func (r *receiver) path() string {
	_, path, _ := strings.Cut(r.address, "://")
	return path
}

// up makes r listen, at the address it had before.
func (r *receiver) up() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.network == "unix" {
		l, err := net.Listen("unix", r.path())
		require.NoError(r.t, err)
		r.listening = l
		r.running.Go(func() { r.accept(l) })
		return
	}
	c, err := net.ListenPacket(r.network, r.path())
	require.NoError(r.t, err)
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(4 << 20)
		r.address = "udp://" + c.LocalAddr().String()
	}
	r.listening = c
	r.running.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil || string(buf[:n]) == lastDatagram {
				_ = c.Close()
				return
			}
			r.take(string(buf[:n]))
		}
	})
}

// lastDatagram makes a receiver of datagrams go away.
const lastDatagram = "the last one"

// down takes r away: nobody listens and the socket is gone. What was written before
// is read.
func (r *receiver) down() {
	r.mu.Lock()
	switch c := r.listening.(type) {
	case nil:
	case net.PacketConn:
		last, err := net.Dial(r.network, r.path())
		if assert.NoError(r.t, err) {
			_, _ = last.Write([]byte(lastDatagram))
			_ = last.Close()
		}
	default:
		_ = c.Close()
	}
	r.listening = nil
	for c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
	if r.network != "udp" {
		_ = os.Remove(r.path())
	}
}

func (r *receiver) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns[c] = true
		r.mu.Unlock()
		r.running.Go(func() {
			r.frames(c)
			r.mu.Lock()
			delete(r.conns, c)
			r.mu.Unlock()
			_ = c.Close()
		})
	}
}

// frames reads as an Agent does: what is not whole is dropped.
func (r *receiver) frames(c net.Conn) {
	for {
		var length [4]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				r.cut()
			}
			return
		}
		frame := make([]byte, binary.LittleEndian.Uint32(length[:]))
		if _, err := io.ReadFull(c, frame); err != nil {
			r.cut()
			return
		}
		r.take(string(frame))
	}
}

func (r *receiver) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken++
}

func (r *receiver) take(datagram string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.datagrams = append(r.datagrams, datagram)
}

// got returns what arrived so far.
func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.datagrams...)
}

// lines returns the lines that arrived so far.
func (r *receiver) lines() []string { return split(r.got()) }

func split(datagrams []string) []string {
	var lines []string
	for _, d := range datagrams {
		lines = append(lines, strings.Split(strings.TrimSuffix(d, "\n"), "\n")...)
	}
	return lines
}

// await returns the lines once there are n of them.
func (r *receiver) await(n int) []string {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return len(r.lines()) >= n }, 30*time.Second, time.Millisecond)
	return r.lines()
}

// open returns a transport, with what change made of its Config.
func open(t *testing.T, address string, change ...func(*dogstatsd.Config)) *dogstatsd.Transport {
	t.Helper()
	cfg := dogstatsd.Config{Address: address}
	for _, f := range change {
		f(&cfg)
	}
	d, err := dogstatsd.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

// memoryConn is a connection to a function.
type memoryConn struct {
	net.Conn // nil: nothing else is called
	write    func(datagram []byte) error
}

func (c memoryConn) Write(b []byte) (int, error) {
	if err := c.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
func (memoryConn) SetWriteDeadline(time.Time) error { return nil }
func (memoryConn) Close() error                     { return nil }

// inMemory makes d write to a function.
func inMemory(d *dogstatsd.Transport, write func(datagram []byte) error) {
	d.SetDial(func(context.Context, string, string) (net.Conn, error) { return memoryConn{write: write}, nil })
}

// encoded returns the datagrams that a transport makes of b.
func encoded(t testing.TB, b *transport.Batch, change ...func(*dogstatsd.Config)) ([]string, error) {
	cfg := dogstatsd.Config{}
	for _, f := range change {
		f(&cfg)
	}
	d, err := dogstatsd.New(cfg)
	require.NoError(t, err)
	defer d.Close(context.Background())
	var datagrams []string
	inMemory(d, func(datagram []byte) error {
		datagrams = append(datagrams, string(datagram))
		return nil
	})
	err = d.Send(context.Background(), b)
	return datagrams, err
}

func series(name string, k transport.Kind, value float64, tags ...string) transport.Series {
	return transport.Series{
		Name: name, Kind: k, Tags: tags, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: 1_700_000_000, Value: value}},
	}
}

func samples(name string, k transport.Kind, values []transport.Sample, tags ...string) transport.Series {
	s := series(name, k, 0, tags...)
	sum := &transport.Summary{Samples: values}
	for _, v := range values {
		sum.Count += v.Weight
		sum.Sum += v.Value * v.Weight
	}
	s.Points[0].Summary = sum
	return s
}

// ones returns samples that stand for themselves.
func ones(values ...float64) (all []transport.Sample) {
	for _, v := range values {
		all = append(all, transport.Sample{Value: v, Weight: 1})
	}
	return all
}

func batch(all ...transport.Series) *transport.Batch {
	return &transport.Batch{ID: transport.BatchID{Process: 1, Seq: 1}, Series: all}
}
