package shard

import (
	"math"
	"math/bits"
	"sync/atomic"
)

// Row is the cells of up to RowSlots series of one class. What processors write
// sits in pages, one for each shard that touched the row; an untouched shard
// costs a nil pointer per row.
type Row struct {
	// Read by every submission, written when the row is made or first needs it.
	counters []atomic.Pointer[counterPage] // by shard; pages are added, never removed
	banks    []atomic.Pointer[bankPage]    // by shard, likewise
	mask     uint                          // shards - 1
	store    *Store
	gauges   *[gaugeSlots]gauge
	sets     *[setSlots]set
	spills   atomic.Pointer[spillPage]
	wide     atomic.Pointer[widePage]

	// tops are the largest page of samples of each histogram, a byte each. A new series
	// changes its byte, under Store.mu, while the flusher reads those of others, and
	// of the one that had the slot before.
	tops [bankSlots / 8]atomic.Uint64

	number uint32
	class  Class
	_      [rowHeadPad]byte

	// zero has a bit for each counter whose sum came back to 0: see counter.go.
	// Several processors write it, so it is lineBytes from what they read.
	zero atomic.Uint64

	used int // slots given out; under Store.mu

	// lastTouched is when a drain last found each slot touched, in Unix seconds.
	// The flusher's.
	lastTouched []uint32

	_ [rowTailPad]byte
}

// A Row is two lines: what submissions read, and the rest. Without the pads it
// would share a line with another row's zero.
const (
	rowHeadPad = lineBytes - (12*ptrBytes + bankSlots + 5)
	rowTailPad = lineBytes - (8 + 4*ptrBytes)
)

// Ref is the way to the cells of one series. It is a small value; its methods
// may be called by any number of goroutines at once. Each series has methods of
// its class only (assumption A2): Add and AddFloat, Set and GaugeAdd, Observe
// and ObserveN, ObserveRaw and ObserveRawN, AddMember; and Timed. The zero Ref
// leads nowhere: what is submitted to it is gone, and nobody counts it.
type Ref struct {
	row  *Row
	slot uint32
}

// MakeRef puts together what Split has taken apart.
func MakeRef(row *Row, slot uint32) Ref { return Ref{row, slot} }

// Split returns the two parts of r, for callers that keep one row with several
// slots, or lay the parts out more tightly than a Ref does.
func (r Ref) Split() (row *Row, slot uint32) { return r.row, r.slot }

// Valid reports whether r leads anywhere.
func (r Ref) Valid() bool { return r.row != nil }

// ID returns the id by which drains name the series.
func (r Ref) ID() ID { return MakeID(int(r.row.number), int(r.slot)) }

// slots returns how many series a row of class c holds.
func (c Class) slots() int {
	switch c {
	case ClassCounter:
		return counterSlots
	case ClassRate:
		return RowSlots
	}
	return bankSlots
}

// newRow makes a row with a page in the caller's shard. Under Store.mu.
func (s *Store) newRow(number int, class Class) *Row {
	row := &Row{number: uint32(number), class: class, store: s, mask: uint(s.cfg.Shards - 1)}
	row.lastTouched = make([]uint32, class.slots())
	here := pick() & row.mask
	switch class {
	case ClassCounter:
		row.counters = make([]atomic.Pointer[counterPage], s.cfg.Shards)
		row.counters[here].Store(new(counterPage))
	case ClassGauge:
		row.gauges = new([gaugeSlots]gauge)
		for i := range row.gauges {
			row.gauges[i].bits.Store(unsetTag)
		}
	case ClassSet:
		row.sets = new([setSlots]set)
	case ClassHistogram, ClassDistribution:
		row.banks = make([]atomic.Pointer[bankPage], s.cfg.Shards)
		row.banks[here].Store(s.newBankPage())
	}
	return row
}

// top returns the class of the largest page of samples of a histogram.
func (row *Row) top(slot uint32) int {
	slot %= bankSlots
	return int(uint8(row.tops[slot/8].Load() >> (slot % 8 * 8)))
}

// setTop changes it. Under Store.mu.
func (row *Row) setTop(slot uint32, class uint8) {
	slot %= bankSlots
	word, shift := &row.tops[slot/8], slot%8*8
	word.Store(word.Load()&^(0xff<<shift) | uint64(class)<<shift)
}

// visitTouched stamps the touched slots and calls visit for each.
func (row *Row) visitTouched(touched uint64, now int64, visit func(slot int, id ID)) {
	for ; touched != 0; touched &= touched - 1 {
		slot := bits.TrailingZeros64(touched)
		row.touch(slot, now)
		visit(slot, MakeID(int(row.number), slot))
	}
}

// touch stamps a slot. Times that 32 bits do not hold, before 1970 and after
// 2106, become the nearest that they do; 0 is kept for "never".
func (row *Row) touch(slot int, now int64) {
	row.lastTouched[slot] = uint32(min(max(now, 1), math.MaxUint32))
}
