package scaling

import "syscall"

// yield lets other threads of the system run, the flusher's among them. Gosched lets
// goroutines run that wait for a processor of Go's; with more of those than the
// machine has, it is threads that wait for each other.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
