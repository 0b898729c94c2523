package stats

import "sync/atomic"

// table finds spellings by hash: open addressing, linear probing, at most five
// eighths full. Submitters read it without a lock. It grows by a larger table in front,
// older ones behind it, so that no submitter ever pays for a rehash; the flusher
// makes one table of the chain after its next drain.
//
// A slot goes from nil to a spelling, from there to the tombstone, and never
// back, all under the registry's lock: an empty slot ends a probe.
type table struct {
	slots []atomic.Pointer[series] // a power of two
	older *table                   // immutable
	used  int                      // slots not nil; under the registry's lock
	dead  int                      // of which tombstones
}

const (
	firstTableSlots = 1024
	hashShift       = 20

	// maxProbes ends what an empty slot did not. With so many no spelling of millions
	// is without reach of a slot in a table that is half full; with 32 there are
	// some of a million, and a chain after each tidying.
	maxProbes = 128
)

// tombstone matches no call: no shape is 0, since no kind is.
var tombstone = new(series)

func newTable(slots int, older *table) *table {
	return &table{slots: make([]atomic.Pointer[series], slots), older: older}
}

// place puts sp into the first empty slot of its probe, or reports that there
// is none within reach.
func (t *table) place(sp *series) bool {
	mask := uint64(len(t.slots) - 1)
	i := sp.hash() >> hashShift
	for range maxProbes {
		if slot := &t.slots[i&mask]; slot.Load() == nil {
			slot.Store(sp) // publishes sp
			t.used++
			return true
		}
		i++
	}
	return false
}

// with puts sp into t and returns t, or, if t is full or has no slot within
// reach, into a larger table in front of it, which it returns.
func (t *table) with(sp *series) *table {
	for 8*t.used >= 5*len(t.slots) || !t.place(sp) {
		t = newTable(4*len(t.slots), t)
	}
	return t
}

// addSpelling puts sp into the newest table, or a new one in front of it. Under the
// registry's lock.
func (r *registry) addSpelling(sp *series) {
	before := r.table.Load()
	if t := before.with(sp); t != before {
		r.table.Store(t) // publishes the table with sp in it
	}
	r.spellings++
	if r.building {
		r.added = append(r.added, sp)
	}
}

// removeSpelling takes sp out of the table, if it is there. Under the registry's
// lock.
func (r *registry) removeSpelling(sp *series) {
	if !r.bury(sp) {
		return
	}
	r.spellings--
	if r.building {
		r.removed = append(r.removed, sp) // from the table being built, too
	}
}

// bury leaves a tombstone in place of sp, and reports whether it was there.
func (r *registry) bury(sp *series) bool {
	for t := r.table.Load(); t != nil; t = t.older {
		if slot := t.slot(sp); slot != nil {
			slot.Store(tombstone)
			t.dead++
			return true
		}
	}
	return false
}

// slot returns where sp is in t, nil if it is not there.
func (t *table) slot(sp *series) *atomic.Pointer[series] {
	mask := uint64(len(t.slots) - 1)
	i := sp.hash() >> hashShift
	for range maxProbes {
		slot := &t.slots[i&mask]
		switch slot.Load() {
		case sp:
			return slot
		case nil:
			return nil
		}
		i++
	}
	return nil
}

// tidy makes one table of the chain, without tombstones, if there is a chain or
// many of them. The flusher calls it. The copy is made without the lock; what is
// added and removed meanwhile is noted and follows under it.
func (r *registry) tidy() {
	if chain, want := r.untidy(); chain != nil {
		r.replace(chain.copy(want))
	}
}

// untidy returns the chain if it is to be replaced, and for how many spellings.
func (r *registry) untidy() (chain *table, want int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	chain = r.table.Load()
	if chain.older == nil && chain.dead*4 <= len(chain.slots) {
		return nil, 0
	}
	r.building = true
	return chain, r.spellings
}

// copy makes one table of a chain, at most half full with as many spellings as are
// wanted. The rest are those within reach of no empty slot: very unlikely.
func (t *table) copy(want int) (whole *table, rest []*series) {
	size := firstTableSlots
	for size < 2*want {
		size *= 2
	}
	whole = newTable(size, nil)
	for ; t != nil; t = t.older {
		for i := range t.slots {
			if sp := t.slots[i].Load(); sp != nil && sp != tombstone && !whole.place(sp) {
				rest = append(rest, sp)
			}
		}
	}
	return whole, rest
}

// replace makes a copy of the chain the table, and ends the noting.
func (r *registry) replace(whole *table, rest []*series) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.building = false
	t := whole
	for _, sp := range append(rest, r.added...) {
		if !t.holds(sp) { // else the copy came by after it was added
			t = t.with(sp)
		}
	}
	r.table.Store(t)
	for _, sp := range r.removed {
		r.bury(sp)
	}
	r.added, r.removed = nil, nil
}

// holds reports whether sp is in t or an older table.
func (t *table) holds(sp *series) bool {
	for ; t != nil; t = t.older {
		if t.slot(sp) != nil {
			return true
		}
	}
	return false
}
