//go:build !linux

package servers

import "syscall"

// endWithParent can do nothing here: a server outlives a test that was killed.
func endWithParent() *syscall.SysProcAttr { return nil }
