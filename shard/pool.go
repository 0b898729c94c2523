package shard

import "sync/atomic"

// pool is a row of slots with pages that the flusher put there beforehand, so
// that a submitter that needs one does not allocate. A page is taken with
// Swap(nil): a stack of pages would need tags against reuse.
//
// Any goroutine may take and put. The flusher calls refill.
type pool[T any] struct {
	slots []atomic.Pointer[T]
	fresh func() *T
	renew func(*T)     // if not nil: makes a page that lay here for long like a fresh one
	wake  func()       // if not nil: called when the pool has run dry
	dry   atomic.Bool  // somebody found all slots empty since the last refill: nobody needs to look
	taken atomic.Int64 // since the last refill
	want  int          // how many slots refill fills; the flusher's
	least int
	size  int // of a page of samples
}

func newPool[T any](size, least int, fresh func() *T) pool[T] {
	return pool[T]{slots: make([]atomic.Pointer[T], size), fresh: fresh, least: least}
}

// take returns a page, or nil if there is none. It looks at slot hint first, so
// that submitters on several processors do not all start at one.
func (p *pool[T]) take(hint uint) *T {
	if p.dry.Load() {
		return nil
	}
	if page := p.search(hint); page != nil {
		return page
	}
	if p.dry.Swap(true) {
		return nil
	}
	// A page put back between the search and the mark would lie there unseen.
	if page := p.search(hint); page != nil {
		p.dry.Store(false)
		return page
	}
	if p.wake != nil {
		p.wake()
	}
	return nil
}

func (p *pool[T]) search(hint uint) *T {
	n := uint(len(p.slots))
	for j := range n {
		slot := &p.slots[(hint*7+j)%n]
		if slot.Load() == nil {
			continue
		}
		if page := slot.Swap(nil); page != nil {
			p.taken.Add(1)
			if p.renew != nil {
				p.renew(page)
			}
			return page
		}
	}
	return nil
}

// put gives back a page that nobody else can reach. A full pool leaves it to
// the garbage collector.
func (p *pool[T]) put(page *T) { p.offer(page) }

// offer is put, and reports whether the pool had room.
func (p *pool[T]) offer(page *T) bool {
	for i := range p.slots {
		if p.slots[i].Load() == nil && p.slots[i].CompareAndSwap(nil, page) {
			if p.dry.Load() {
				p.dry.Store(false)
			}
			return true
		}
	}
	return false
}

// refill brings the pool to what the time since the last one asked for, and half
// as much again, or to four times what it was if that did not last. With shrink,
// which is for once in a while, an idle pool gives up a quarter.
func (p *pool[T]) refill(shrink bool) {
	asked := int(p.taken.Swap(0))
	want := max(p.least, asked+asked/2)
	if p.dry.Load() {
		want = max(want, 4*p.want, 8)
	}
	keep := p.want
	if shrink {
		keep = p.want * 3 / 4
	}
	p.want = min(len(p.slots), max(want, keep))
	have := p.fill(p.want)
	p.dry.Store(false)
	for i := 0; i < len(p.slots) && have > p.want; i++ {
		if p.slots[i].Swap(nil) != nil {
			have--
		}
	}
}

// fill puts fresh pages into empty slots until the pool has n, and returns how
// many it has.
func (p *pool[T]) fill(n int) int {
	have := 0
	for i := range p.slots {
		if p.slots[i].Load() != nil {
			have++
		}
	}
	for i := 0; i < len(p.slots) && have < n; i++ {
		if p.slots[i].Load() == nil && p.slots[i].CompareAndSwap(nil, p.fresh()) {
			have++
		}
	}
	return have
}
