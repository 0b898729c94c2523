package shard

import (
	"sync/atomic"
	"unsafe"
)

// Which shard a submission goes to decides its cost and nothing else: any
// submitter may use any shard at any time.
//
// Asking the runtime for the processor's number costs more than the atomic add
// that follows. So submitters ask rarely and remember the answer where they
// find it without asking who they are: hints is indexed by the place of the
// goroutine's stack, which is one subtraction away. Every 64th add or so asks
// again and writes the hint if it changed. A hint may be old, or another
// goroutine's whose stack maps to the same place: then two processors share a
// line until the next look.
const (
	hintSlots = 1024
	hintEvery = 64 // a power of two

	// Stacks are blocks of 2 KiB and up.
	stackShift = 11
)

// hints are shared by all stores: they say where a goroutine runs. Mostly read.
var hints [hintSlots]atomic.Uint32

// hintSlot returns the caller's place in hints.
//
// The mark has no size, so taking its address stores nothing: a store in front of
// the atomic add would cost a tenth of it.
//
// Safe because the address is used as a number only and never turned back into
// a pointer; when the stack moves, another place is used from then on.
func hintSlot() uint {
	var mark struct{}
	return uint(uintptr(unsafe.Pointer(&mark))>>stackShift) % hintSlots
}

// pick returns the number of the processor that the caller probably runs on.
func pick() uint { return uint(hints[hintSlot()].Load()) }

// repick asks for the processor and corrects the hint.
func repick(slot uint) uint {
	p := processor()
	if hints[slot%hintSlots].Load() != uint32(p) {
		hints[slot%hintSlots].Store(uint32(p))
	}
	return p
}
