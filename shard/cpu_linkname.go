//go:build gc && !tinygo && !shardstats_portable

package shard

import (
	"sync/atomic"
	"unsafe"
)

// This file holds what needs the runtime's or the memory's inside. Its twin is
// cpu_portable.go, under the build tag shardstats_portable; every test runs
// with both.

// Safe because procPin and procUnpin only count the running thread's locks up
// and down, both are on the runtime's list of names that others may link to,
// nothing happens between them, and correctness never depends on the answer.

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// processor returns the number of the processor the caller ran on a moment ago.
func processor() uint {
	p := procPin()
	procUnpin()
	return uint(p)
}

// at returns &pages[i] without comparing i with the length.
//
// Safe because every caller masks i with Row.mask, which newRow sets to
// len(pages)-1 for the slices of pages a row of its class has.
func at[T any](pages []atomic.Pointer[T], i uint) *atomic.Pointer[T] {
	return (*atomic.Pointer[T])(unsafe.Add(unsafe.Pointer(unsafe.SliceData(pages)), uintptr(i)*ptrBytes))
}
