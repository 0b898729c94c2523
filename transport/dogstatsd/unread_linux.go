package dogstatsd

import (
	"syscall"
	"unsafe"
)

// unreadBytes returns a function that tells how many bytes of memory hold what was
// written to a Unix socket and was not read at its other end.
func unreadBytes(raw syscall.RawConn) func() int {
	var n int32
	var errno syscall.Errno
	ask := func(fd uintptr) {
		// Safe because the kernel writes one int, and n lives as long as the call.
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n)))
	}
	return func() int {
		if err := raw.Control(ask); err != nil || errno != 0 {
			return 0 // closed, which the next write tells
		}
		return int(n)
	}
}
