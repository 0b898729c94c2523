//go:build unix

package dogstatsd

import (
	"net"
	"syscall"
)

// inquiries returns what can be asked about c. See [conn].
func inquiries(c net.Conn, stream bool) (pending func() error, unread func() int) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return noError, nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return noError, nil
	}
	var errno int
	ask := func(fd uintptr) {
		// With it comes that nobody listens on a UDP port, and that a stream was cut.
		errno, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	}
	pending = func() error {
		if err := raw.Control(ask); err != nil {
			return err
		}
		if errno != 0 {
			return syscall.Errno(errno)
		}
		return nil
	}
	if stream {
		unread = unreadBytes(raw)
	}
	return pending, unread
}

func noError() error { return nil }
