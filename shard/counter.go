package shard

import (
	"math"
	"sync/atomic"
)

// A counter is one cell in each shard that it was touched from. Cells have no
// generation: a drain takes what is there with Swap(0), and an add that comes
// later waits for the next drain, so each add is in exactly one.
//
// A counter is touched if its sum is not zero, or if a sum came back to zero:
// the submitter whose add returned zero sets the counter's bit in Row.zero. It
// adds, then marks; the flusher takes the marks, then swaps the sums. So an add
// that returned before the drain began is seen by it one way or the other.
const (
	counterSlots = RowSlots

	// fastLimit bounds the deltas of the fast path. 2^41 of the lowest one, three
	// hours of one processor doing nothing else between two drains, would be
	// needed for a sum that looks poisoned; four times as many for one that wraps.
	fastLimit = 1 << 20

	// poisonSum is what the last drain leaves in a cell. A late add sees a sum
	// below poisonBelow, takes its delta back and is counted as after_stop.
	poisonSum   = -1 << 62
	poisonBelow = -1 << 61

	// poisonWide is the same for the saturating cells, whose sums stop at
	// ±MaxInt64; poisonFloat for the float cells, which never hold a NaN.
	poisonWide  = math.MinInt64
	poisonFloat = 0x7ffb_0000_0000_0000
)

// counterPage holds the cells of one row in one shard. 512 bytes.
type counterPage struct {
	sums [counterSlots]atomic.Int64
}

// widePage holds what the fast cells cannot: deltas beyond ±fastLimit and
// float deltas. 1,024 bytes.
type widePage struct {
	ints   [counterSlots]atomic.Int64
	floats [counterSlots]atomic.Uint64 // bits of a float64 that is not NaN
}

// poisonedCounters and poisonedWides stand in for pages that did not exist when
// the store stopped. Cells of different stores share them: a late add takes
// its delta back in every case.
var (
	poisonedCounters = func() *counterPage {
		page := new(counterPage)
		for i := range page.sums {
			page.sums[i].Store(poisonSum)
		}
		return page
	}()
	poisonedWides = func() *widePage {
		page := new(widePage)
		for i := range page.ints {
			page.ints[i].Store(poisonWide)
			page.floats[i].Store(poisonFloat)
		}
		return page
	}()
)

// Add adds n to a counter.
func (r Ref) Add(n int64) { add(r.row, r.slot, n) }

// add is Add, with the parts of the Ref apart, since a struct among the arguments
// would be stored on the stack in front of the atomic add; with one call for all
// that is rare; and without the look whether the stack is large enough for that
// call, which the function called takes anyway. Each is worth a cycle of eleven.
//
//go:nosplit
func add(row *Row, slot uint32, n int64) {
	var page *counterPage
	var sum int64
	hint := hintSlot()
	if row != nil && uint64(n+fastLimit) <= 2*fastLimit {
		if page = at(row.counters, uint(hints[hint].Load())&row.mask).Load(); page != nil {
			sum = page.sums[slot%counterSlots].Add(n)
			if sum%hintEvery != 0 && sum >= poisonBelow {
				return
			}
		}
	}
	addRare(row, slot, n, page, sum, hint)
}

// addRare is the rest of add. If the add was made, page is where, and sum is what
// it returned.
func addRare(row *Row, slot uint32, n int64, page *counterPage, sum int64, hint uint) {
	r := Ref{row, slot}
	switch {
	case row == nil:
	case page != nil:
		r.afterAdd(page, sum, n, hint)
	case uint64(n+fastLimit) > 2*fastLimit:
		r.addWide(n)
	default: // this shard has no page of the row
		page = pageAt(row.counters, repick(hint)&row.mask, &row.store.pools.counters)
		if sum = page.sums[slot%counterSlots].Add(n); sum == 0 || sum < poisonBelow {
			r.afterAdd(page, sum, n, hint)
		}
	}
}

// afterAdd follows an add whose sum is a multiple of 64, and maybe zero, or that
// found the store stopped.
func (r Ref) afterAdd(page *counterPage, sum, n int64, hint uint) {
	switch {
	case sum < poisonBelow:
		page.sums[r.slot%counterSlots].Add(-n)
		r.row.store.lost.afterStop.Add(1)
		return
	case sum == 0:
		r.row.markZero(r.slot)
	}
	repick(hint)
}

// pageAt returns the page of shard i, installing one from the pool if there is
// none, or, with the pool empty, the page of any other shard: a row has at
// least one from the time it is made, and none is ever taken away.
func pageAt[T any](pages []atomic.Pointer[T], i uint, pool *pool[T]) *T {
	if page := pages[i].Load(); page != nil {
		return page
	}
	if fresh := pool.take(i); fresh != nil {
		if pages[i].CompareAndSwap(nil, fresh) {
			return fresh
		}
		pool.put(fresh) // we raced with another submitter, or with Stop
		return pages[i].Load()
	}
	for j := range pages {
		if page := pages[(i+uint(j))%uint(len(pages))].Load(); page != nil {
			return page
		}
	}
	panic("shard: a row without a page") // unreachable: newRow installs one
}

// markZero notes that a counter was touched and its sum is zero. Most marks are
// there already, so it looks before it writes the word that shards share.
func (row *Row) markZero(slot uint32) {
	bit := uint64(1) << (slot % counterSlots)
	if row.zero.Load()&bit == 0 {
		row.zero.Or(bit)
	}
}

// addWide adds a large delta, saturating. One cell per counter and not per
// shard: such deltas are rare.
func (r Ref) addWide(n int64) {
	cell := &r.row.widePage().ints[r.slot%counterSlots]
	for {
		old := cell.Load()
		if old == poisonWide {
			r.row.store.lost.afterStop.Add(1)
			return
		}
		sum := addSaturating(old, n)
		if cell.CompareAndSwap(old, sum) {
			if sum == 0 {
				r.row.markZero(r.slot)
			}
			return
		}
		// we lost to another add or to a drain, which thereby made progress
	}
}

// AddFloat adds a delta to a counter; one that is not finite is counted as
// BadValue. A sum that leaves the range of float64 becomes infinite, and stays so
// until it is drained.
func (r Ref) AddFloat(delta float64) {
	if r.row == nil {
		return
	}
	if delta-delta != 0 {
		r.row.store.lost.badValue.Add(1)
		return
	}
	cell := &r.row.widePage().floats[r.slot%counterSlots]
	for {
		old := cell.Load()
		if old == poisonFloat {
			r.row.store.lost.afterStop.Add(1)
			return
		}
		sum := math.Float64frombits(old) + delta // infinite, if it was: delta is not
		if sum == 0 {
			sum = 0 // +0, the only bits that mean empty
		}
		if cell.CompareAndSwap(old, math.Float64bits(sum)) {
			if sum == 0 {
				r.row.markZero(r.slot)
			}
			return
		}
	}
}

// widePage returns the row's saturating cells, made at the first large or float
// delta of the row: the pool has some, and past it the submitter allocates.
func (row *Row) widePage() *widePage {
	if page := row.wide.Load(); page != nil {
		return page
	}
	fresh := row.store.pools.wides.take(0)
	if fresh == nil {
		fresh = new(widePage)
	}
	if row.wide.CompareAndSwap(nil, fresh) {
		return fresh
	}
	row.store.pools.wides.put(fresh)
	return row.wide.Load()
}

// addSaturating adds and stops at ±MaxInt64, which keeps MinInt64 free.
func addSaturating(a, b int64) int64 {
	sum := a + b
	switch {
	case a >= 0 && b >= 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && (sum >= 0 || sum == math.MinInt64):
		return -math.MaxInt64
	case sum == math.MinInt64:
		return -math.MaxInt64
	}
	return sum
}

// drainCounters hands the touched counters of row to v. The last drain (stop)
// leaves the poison in the cells.
func (row *Row) drainCounters(now int64, v Visitor, stop bool) {
	var sums [counterSlots]int64
	var floats [counterSlots]float64
	// the marks before the sums: see the top of this file
	var touched uint64
	if row.zero.Load() != 0 {
		touched = row.zero.Swap(0)
	}
	left, leftWide, leftFloat := int64(0), int64(0), uint64(0)
	if stop {
		left, leftWide, leftFloat = poisonSum, poisonWide, poisonFloat
	}
	for i := range row.counters {
		page := row.counters[i].Load()
		if page == nil && stop {
			row.counters[i].CompareAndSwap(nil, poisonedCounters) // nobody installs a page from here on
			page = row.counters[i].Load()
		}
		if page == nil || page == poisonedCounters {
			continue
		}
		for slot := range page.sums {
			if !stop && page.sums[slot].Load() == 0 {
				continue
			}
			if n := page.sums[slot].Swap(left); n != 0 {
				sums[slot] = addSaturating(sums[slot], n)
				touched |= 1 << slot
			}
		}
	}
	if stop {
		row.wide.CompareAndSwap(nil, poisonedWides)
	}
	if page := row.wide.Load(); page != nil && page != poisonedWides {
		for slot := range page.ints {
			if stop || page.ints[slot].Load() != 0 {
				if n := page.ints[slot].Swap(leftWide); n != 0 {
					sums[slot] = addSaturating(sums[slot], n)
					touched |= 1 << slot
				}
			}
			if stop || page.floats[slot].Load() != 0 {
				if bits := page.floats[slot].Swap(leftFloat); bits != 0 {
					floats[slot] = math.Float64frombits(bits)
					touched |= 1 << slot
				}
			}
		}
	}
	row.visitTouched(touched, now, func(slot int, id ID) { v.Count(id, sums[slot], floats[slot]) })
}
