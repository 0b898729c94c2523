//go:build !linux

package scaling

import "runtime"

// yield lets other goroutines run. Where that lets no other thread run, filling
// takes longer.
func yield() { runtime.Gosched() }
