package statsd

import (
	"syscall"
	"unsafe"
)

// unacknowledged returns how many bytes of a connection the peer's kernel has not
// acknowledged yet.
func unacknowledged(fd int) (int, error) {
	var left int32 // the kernel writes an int, which has 32 bits on every Linux
	// Safe because left outlives the call, which writes those four bytes and keeps
	// no pointer; the conversion stands in the call itself, as unsafe's rules want.
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&left)))
	if errno != 0 {
		return 0, errno
	}
	return int(left), nil
}
