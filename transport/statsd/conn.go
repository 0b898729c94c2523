package statsd

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// conn is one TCP connection to the server. It belongs to whoever took it from the
// link; its reader alone reads, from the first moment to the last, so that the end
// of an idle connection is noticed when it comes.
type conn struct {
	tcp   *net.TCPConn
	began time.Time
	ended chan struct{} // closed by the reader: the peer is done
	err   error         // why; valid when ended is closed. io.EOF if it ended in order
	said  int           // bytes that the peer sent; valid when ended is closed
	unfit bool          // for another delivery; of the one who took it
}

var errTalks = errors.New("it answered, and a statsd server says nothing: look whether Config.Address is that of one")

func newConn(tcp *net.TCPConn) *conn {
	c := &conn{tcp: tcp, began: time.Now(), ended: make(chan struct{})}
	go c.read()
	return c
}

// read discards what the peer says until it ends the connection or has said too
// much.
func (c *conn) read() {
	defer close(c.ended)
	buf := make([]byte, 512)
	for c.said <= maxAnswerBytes {
		n, err := c.tcp.Read(buf)
		if c.said += n; err != nil {
			c.err = err
			return
		}
	}
	c.err = errTalks
}

// over reports whether the peer is done with the connection.
func (c *conn) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// why returns the reason for which the connection is over, in words.
func (c *conn) why() error {
	switch {
	case c.said > 0:
		return errTalks
	case errors.Is(c.err, io.EOF):
		return errPeerEnded
	default:
		return plain(c.err)
	}
}

var (
	errPeerEnded   = errors.New("the peer ended the connection")
	errNotConfirm  = errors.New("the peer did not confirm within the timeout: it reads too slowly, or does not end its side of a connection (see Config.Confirm)")
	errPeerGone    = errors.New("the peer read the lines and was gone then")
	errNoWitness   = errors.New("the peer took no second connection, by which it confirms the lines (see Config.Confirm)")
	errPeerTooSoon = errors.New("the peer ended the connection before it had everything")
)

// close ends the connection without ceremony and waits for its reader. A peer that
// still has unread lines reads them, unless abort was called before.
func (c *conn) close() {
	_ = c.tcp.Close()
	<-c.ended
}

// abort ends the connection by a reset: the peer must not take half a line that it
// has for a whole one.
func (c *conn) abort() {
	_ = c.tcp.SetLinger(0)
	c.close()
}

// write hands data to the kernel. With an error, the first written bytes may have
// reached the peer and the others have not; the connection is then of no use any
// more.
func (c *conn) write(ctx context.Context, data []byte, timeout time.Duration) (written int, err error) {
	if c.over() {
		return 0, c.why()
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.tcp.SetWriteDeadline(time.Unix(1, 0)) })
	_ = c.tcp.SetWriteDeadline(time.Now().Add(timeout))
	written, err = c.tcp.Write(data)
	if !stop() {
		c.unfit = true // the deadline in the past may yet be set
	}
	switch {
	case err == nil:
		return written, nil
	case ctx.Err() != nil:
		return written, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return written, errors.New("the peer did not take all of it within the timeout")
	}
	return written, plain(err)
}

// confirmClose ends our side and waits until the peer has ended its own, which says
// that its process has read everything.
//
// It says so only if the peer did it after our end had reached it. A process that
// dies has its connections ended, too, by its kernel: by a reset if there was
// something left to read, but else just like that, and then lines still under way
// meet nobody. Their reset comes later than the peer's end, so the end alone is no
// proof.
//
// Nor is it if the peer said a word: a statsd does not, but a web server does, which
// refuses the lines and then ends its side as well.
func (c *conn) confirmClose(ctx context.Context, limit <-chan time.Time) error {
	if !c.established() {
		return c.tooSoon()
	}
	if err := c.tcp.CloseWrite(); err != nil {
		return plain(err)
	}
	select {
	case <-c.ended:
	case <-limit:
		if !c.over() {
			return errNotConfirm
		}
		limit = passed // after a stop of the whole machine both are there
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.said > 0 || !errors.Is(c.err, io.EOF) {
		return c.why()
	}
	return c.acknowledged(ctx, limit)
}

// passed is a limit that has passed.
var passed = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// tooSoon returns the reason for which a connection is over that should not be yet.
func (c *conn) tooSoon() error {
	<-c.ended // the kernel may know it a moment before the reader
	if c.said == 0 && errors.Is(c.err, io.EOF) {
		return errPeerTooSoon
	}
	return c.why()
}

// plain cuts a network error down to what went wrong: the address is said elsewhere,
// and the local port helps nobody.
func plain(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		err = op.Err
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		return sys.Err
	}
	return err
}
