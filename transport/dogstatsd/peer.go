package dogstatsd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// peer is the receiver and the connection to it, if there is one.
type peer struct {
	addr         address
	timeout      time.Duration
	resolveEvery time.Duration

	// For tests.
	dial func(ctx context.Context, network, target string) (net.Conn, error)
	now  func() time.Time

	mu     sync.Mutex // guards what follows: Close may run beside a Send
	conn   *conn
	closed bool
	turn   int // counts Sends as they begin and end

	// Owned by Send.
	frame []byte
	burst int       // bytes written since the last pause
	since time.Time // when that was
}

// What is written to UDP at once, and the pause after it. A receiver's buffer, 208
// KiB by default on Linux, holds some 90 datagrams of 1432 bytes, and what comes on
// top of that is lost without a word. Unix sockets make the sender wait.
const (
	burstBytes = 64 << 10
	burstPause = time.Millisecond
)

// pace waits before bytes that would be more than a burst.
func (p *peer) pace(ctx context.Context, bytes int) {
	if p.addr.network != "udp" {
		return
	}
	now := time.Now()
	if now.Sub(p.since) > burstPause {
		p.burst, p.since = 0, now
	}
	if p.burst += bytes; p.burst <= burstBytes {
		return
	}
	select {
	case <-time.After(burstPause):
	case <-ctx.Done():
	}
	p.burst, p.since = bytes, time.Now()
}

// conn is one connection, and what can be asked about it.
type conn struct {
	net.Conn
	stream bool
	dialed time.Time // or when a name was last looked up
	used   bool      // something was written to it

	// pending returns an error that came in after a write, and clears it.
	pending func() error
	// unread returns how many bytes the receiver has not read yet. It is nil where the
	// system does not say.
	unread func() int
}

func newPeer(addr address, cfg Config) *peer {
	var d net.Dialer
	return &peer{
		addr: addr, timeout: cfg.Timeout, resolveEvery: cfg.ResolveEvery,
		dial: d.DialContext, now: time.Now,
	}
}

// fault is why a write failed.
type fault struct {
	outcome transport.Outcome
	err     error
	// cut: what was written to the connection and not read is lost.
	cut bool
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// fail returns a fault and drops the connection, so that the next write makes a new
// one, unless keep.
func (p *peer) fail(doing string, c *conn, keep bool, cause error) *fault {
	f := &fault{outcome: transport.Retry, err: fmt.Errorf("dogstatsd: %s %s: %w", doing, p.addr.text, bare(cause))}
	if c != nil && !keep {
		f.cut = c.stream
		p.drop(c)
	}
	return f
}

// bare strips what the net package says about the addresses: it is said already.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// connection returns the connection at hand or makes one.
func (p *peer) connection(ctx context.Context) (*conn, *fault) {
	p.mu.Lock()
	c, closed := p.conn, p.closed
	p.mu.Unlock()
	switch {
	case closed:
		return nil, &fault{outcome: transport.Permanent, err: transport.ErrClosed}
	case c == nil:
		return p.connect(ctx)
	case p.addr.name && p.now().Sub(c.dialed) >= p.resolveEvery:
		// The name may mean another host by now. If it means none, the old one is as
		// good a guess as any.
		fresh, failed := p.connect(ctx)
		if failed != nil {
			c.dialed = p.now()
			return c, nil
		}
		_ = c.Close()
		return fresh, nil
	}
	return c, nil
}

// connect makes a connection and the one at hand.
func (p *peer) connect(ctx context.Context) (*conn, *fault) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	network := p.addr.network
	if network == "" {
		network = "unixgram"
	}
	nc, err := p.dial(ctx, network, p.addr.target)
	if p.addr.network == "" && errors.Is(err, syscall.EPROTOTYPE) {
		network = "unix"
		nc, err = p.dial(ctx, network, p.addr.target)
	}
	if err != nil {
		return nil, p.fail("connect to", nil, false, err)
	}
	c := &conn{Conn: nc, stream: network == "unix", dialed: p.now()}
	c.pending, c.unread = inquiries(nc, c.stream)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = nc.Close()
		return nil, &fault{outcome: transport.Permanent, err: transport.ErrClosed}
	}
	p.conn = c
	return c, nil
}

// drop closes c.
func (p *peer) drop(c *conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == c {
		p.conn = nil
	}
}

// close closes the connection for good.
func (p *peer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}

// next returns the number of a turn that ends with the next call.
func (p *peer) next() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn++
	return p.turn
}

// interrupt ends a write that is under way, unless its turn has ended: what comes
// late must not disturb the next Send.
func (p *peer) interrupt(turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil && p.turn == turn {
		_ = p.conn.SetWriteDeadline(time.Unix(1, 0))
	}
}

// write sends one datagram, or one frame of a stream. first says that nothing was
// written before it in this attempt: a connection that an earlier attempt left
// behind may then be found dead and replaced.
func (p *peer) write(ctx context.Context, datagram []byte, first bool) *fault {
	c, failed := p.connection(ctx)
	if failed != nil {
		return failed
	}
	p.pace(ctx, len(datagram))
	stale := c.used && first
	failed = p.writeTo(ctx, c, datagram)
	if failed == nil || !stale || failed.outcome != transport.Retry || ctx.Err() != nil || p.addr.network == "udp" || errors.Is(failed, os.ErrDeadlineExceeded) {
		return failed
	}
	if c, failed = p.connection(ctx); failed != nil {
		return failed
	}
	return p.writeTo(ctx, c, datagram)
}

func (p *peer) writeTo(ctx context.Context, c *conn, datagram []byte) *fault {
	deadline := time.Now().Add(p.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = c.SetWriteDeadline(deadline)
	// In this order: if ctx ends later, interrupt sets the deadline again.
	if err := ctx.Err(); err != nil {
		return &fault{outcome: transport.Retry, err: fmt.Errorf("dogstatsd: write to %s: %w", p.addr.text, err)}
	}
	if err := c.pending(); err != nil {
		// It is about a datagram of an earlier attempt; nobody listens, or did not then.
		return p.fail("write to", c, false, err)
	}
	c.used = true
	if c.stream {
		p.frame = binary.LittleEndian.AppendUint32(p.frame[:0], uint32(len(datagram)))
		p.frame = append(p.frame, datagram...)
		// Whatever of it was written, the rest never follows on another connection, and
		// a receiver drops a frame without its end.
		if _, err := c.Write(p.frame); err != nil {
			return p.fail("write to", c, false, causeOf(ctx, err))
		}
		return nil
	}
	if _, err := c.Write(datagram); err != nil {
		if isTooLarge(err) {
			f := p.fail("write to", c, true, err)
			f.outcome = transport.TooLarge
			return f
		}
		// A receiver that does not keep up is no reason to look for another.
		keep := errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ENOBUFS)
		return p.fail("write to", c, keep, causeOf(ctx, err))
	}
	if err := c.pending(); err != nil {
		return p.fail("write to", c, false, err)
	}
	return nil
}

// causeOf returns why a write failed: the end of ctx rather than of the deadline
// that interrupt set.
func causeOf(ctx context.Context, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// windowsTooLarge is Windows' error for a datagram that does not fit.
const windowsTooLarge = syscall.Errno(10040)

func isTooLarge(err error) bool {
	return errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, windowsTooLarge)
}

// allRead reports whether the receiver has read everything that was written, as far
// as the system tells. A datagram counts as read when it is written.
func (p *peer) allRead() (bool, *fault) {
	p.mu.Lock()
	c := p.conn
	p.mu.Unlock()
	if c == nil || c.unread == nil {
		return true, nil
	}
	n := c.unread()
	// In this order: a receiver that goes away sets the error, then drops what it has
	// not read.
	if err := c.pending(); err != nil {
		return false, p.fail("write to", c, false, err)
	}
	return n == 0, nil
}

// Times between two looks at a receiver that is reading.
const (
	firstLook = 50 * time.Microsecond
	lastLook  = 10 * time.Millisecond
)

// awaitRead waits until the receiver has read everything, up to the timeout.
func (p *peer) awaitRead(ctx context.Context) *fault {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, errNotRead)
	defer cancel()
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		read, failed := p.allRead()
		if read || failed != nil {
			return failed
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return &fault{
				outcome: transport.Retry, cut: true,
				err: fmt.Errorf("dogstatsd: write to %s: %w", p.addr.text, context.Cause(ctx)),
			}
		}
	}
}

var errNotRead = errors.New("the receiver does not read what was sent")
