package statsd

import (
	"context"
	"encoding/binary"
	"syscall"
	"time"
)

const canAck = true

// States of a connection, as the kernel numbers them.
const (
	tcpEstablished = 1 // TCP_ESTABLISHED: nobody has ended it
	tcpClosed      = 7 // TCP_CLOSE
)

const pollEach = time.Millisecond // how often the kernel is asked while a connection settles

// established reports whether no side has ended the connection, as far as the kernel
// has heard. One that does not say is asked again when both have.
func (c *conn) established() bool {
	state := byte(tcpEstablished)
	if raw, err := c.tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			if now, err := tcpState(int(fd)); err == nil {
				state = now
			}
		})
	}
	return state == tcpEstablished
}

// acknowledged waits until the connection has settled after both sides ended it. If
// it settled without an error, everything we sent was acknowledged, our end
// included, and no reset followed. A kernel ends a connection whose process left
// something unread by a reset, so the process had read all of it.
func (c *conn) acknowledged(ctx context.Context, limit <-chan time.Time) error {
	return c.poll(ctx, limit, func(fd int) (settled bool, err error) {
		state, err := tcpState(fd)
		if err != nil || state != tcpClosed {
			return false, err
		}
		return true, pending(fd)
	})
}

// confirmAck waits until the peer's kernel has acknowledged everything.
func (c *conn) confirmAck(ctx context.Context, limit <-chan time.Time) error {
	return c.poll(ctx, limit, func(fd int) (settled bool, err error) {
		left, err := unacknowledged(fd)
		if err != nil {
			return false, err
		}
		// In this order: a reset empties the queue, too, and before that it closes.
		switch state, err := tcpState(fd); {
		case err != nil:
			return false, err
		case state == tcpClosed:
			return false, errPeerTooSoon
		}
		return left == 0, nil
	})
}

// tcpState returns the state of a connection. It is the first byte of tcp_info, of
// which an int's worth is asked for.
func tcpState(fd int) (byte, error) {
	info, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	var first [4]byte
	binary.NativeEndian.PutUint32(first[:], uint32(info))
	return first[0], err
}

// pending returns the error that the kernel noted for a connection.
func pending(fd int) error {
	number, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && number != 0 {
		err = errPeerTooSoon
	}
	return err
}

// poll asks until there is an answer, and once more at the limit: after a stop of the
// whole machine both are there.
func (c *conn) poll(ctx context.Context, limit <-chan time.Time, ask func(fd int) (settled bool, err error)) error {
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return err
	}
	var again *time.Ticker
	for late := false; ; {
		settled, failed := false, error(nil)
		if err := raw.Control(func(fd uintptr) { settled, failed = ask(int(fd)) }); err != nil {
			return plain(err)
		}
		if settled || failed != nil {
			return failed
		}
		if late {
			return errNotConfirm
		}
		if again == nil {
			again = time.NewTicker(pollEach)
			defer again.Stop()
		}
		select {
		case <-again.C:
		case <-limit:
			late = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
