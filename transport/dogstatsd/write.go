package dogstatsd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/shardstats/shardstats/transport"
)

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
	c, cut := p.conn, p.cut
	p.mu.Unlock()
	switch {
	case cut: // by a Close that runs beside this Send: nobody can be asked any more
		return false, &fault{
			outcome: transport.Retry, cut: true,
			err: fmt.Errorf("dogstatsd: write to %s: %w", p.addr.text, transport.ErrClosed),
		}
	case c == nil || c.unread == nil:
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
