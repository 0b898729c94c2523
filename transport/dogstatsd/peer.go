package dogstatsd

import (
	"context"
	"errors"
	"fmt"
	"net"
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
	cut    bool // close ended a stream whose receiver may have unread frames
	turn   int  // counts Sends as they begin and end

	// Owned by Send.
	frame []byte
	burst int       // bytes written since the last pause
	since time.Time // when that was
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
		p.cut = p.conn.unread != nil
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
