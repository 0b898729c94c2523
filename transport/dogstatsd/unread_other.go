//go:build unix && !linux

package dogstatsd

import "syscall"

// unreadBytes returns nil: only Linux tells.
func unreadBytes(syscall.RawConn) func() int { return nil }
