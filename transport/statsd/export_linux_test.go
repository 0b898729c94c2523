package statsd

import (
	"context"
	"net"
	"syscall"
	"time"
)

// ShrinkBuffers gives the connections that t will make the smallest buffer for
// sending that there is.
func ShrinkBuffers(t *Transport) {
	t.wire.(*link).dialer.Control = func(_, _ string, c syscall.RawConn) error {
		var err error
		if failed := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 1) }); failed != nil {
			return failed
		}
		return err
	}
}

// EndedFirst confirms a connection that the peer has ended by now.
func EndedFirst(tcp *net.TCPConn) error {
	c := newConn(tcp)
	defer c.close()
	<-c.ended
	return c.confirmClose(context.Background(), time.After(5*time.Second))
}

// Settled reports how the kernel settles a connection that both sides have ended.
func Settled(tcp *net.TCPConn) error {
	c := newConn(tcp)
	defer c.close()
	<-c.ended
	return c.acknowledged(context.Background(), time.After(5*time.Second))
}

// ConfirmSilent confirms a connection of which the kernel says nothing, and whose reader
// does not end.
func ConfirmSilent(tcp *net.TCPConn) error {
	_ = tcp.Close() // it says nothing of a socket that is not
	c := &conn{tcp: tcp, ended: make(chan struct{})}
	return c.confirmClose(context.Background(), time.After(5*time.Second))
}
