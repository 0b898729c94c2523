package shard

import (
	"math"
	"sync/atomic"
)

// spill takes the observations of a series that found every bank they tried
// held. Several submitters share it, so its words are atomic, and its claim
// counts them: the flusher drains it when there are none, as it drains a bank.
// It keeps no samples.
type spill struct {
	claim claim
	count atomic.Uint64
	sum   atomic.Uint64 // bits of a float64
	min   atomic.Uint64
	max   atomic.Uint64
}

func (sp *spill) init(gen uint64) {
	sp.reset()
	sp.claim.release(gen)
}

func (sp *spill) reset() {
	sp.count.Store(0)
	sp.sum.Store(0)
	sp.min.Store(math.Float64bits(math.Inf(1)))
	sp.max.Store(math.Float64bits(math.Inf(-1)))
}

// spillPage holds the spills of one row: two for each series, as of banks. A row
// gets it when the first of its submitters finds every bank held, which many
// never do.
type spillPage struct{ spills [bankSlots][2]spill }

func (s *Store) newSpillPage() *spillPage {
	page := new(spillPage)
	for slot := range page.spills {
		page.spills[slot][0].reset()
		page.spills[slot][1].reset()
	}
	s.labelSpills(page)
	return page
}

// labelSpills is label for a page of spills.
func (s *Store) labelSpills(page *spillPage) {
	gen := s.gen.Load()
	if gen == closedGen {
		return
	}
	for slot := range page.spills {
		page.spills[slot][gen&1].claim.release(gen)
		page.spills[slot][(gen+1)&1].claim.release(gen + 1)
	}
}

// closedSpills stands in for pages that did not exist when the store stopped.
var closedSpills = func() *spillPage {
	page := new(spillPage)
	for slot := range page.spills {
		page.spills[slot][0].init(closedLabel)
		page.spills[slot][1].init(closedLabel)
	}
	return page
}()

// spill takes v into the spill of r, and reports false if there is none to be
// had: it is held since two generations, or the pool of pages is empty.
func (r Ref) spill(gen uint64, v float64) bool {
	page := r.row.spills.Load()
	if page == nil {
		fresh := r.row.store.pools.spills.take(0)
		if fresh == nil {
			return false
		}
		if !r.row.spills.CompareAndSwap(nil, fresh) {
			r.row.store.pools.spills.put(fresh) // we raced with another submitter, or with Stop
		}
		page = r.row.spills.Load()
	}
	return page.spills[r.slot%bankSlots][gen&1].add(gen, v)
}

// add takes v in and reports true, or false if the spill is not labelled with
// gen or the flusher has it.
func (sp *spill) add(gen uint64, v float64) bool {
	for {
		w := sp.claim.word.Load()
		if w>>claimShift != gen || w&claimAlone != 0 || w&(claimAlone-1) == claimAlone-1 {
			return false
		}
		if sp.claim.word.CompareAndSwap(w, w+1) {
			break
		}
	}
	sp.count.Add(1)
	update(&sp.sum, func(sum float64) float64 { return sum + v })
	update(&sp.min, func(low float64) float64 { return min(low, v) })
	update(&sp.max, func(high float64) float64 { return max(high, v) })
	sp.claim.word.Add(^uint64(0))
	return true
}

// update replaces the float64 in word by f of it. A failed CAS has lost to
// another submitter's, so somebody always gets on.
func update(word *atomic.Uint64, f func(float64) float64) {
	for {
		old := word.Load()
		changed := math.Float64bits(f(math.Float64frombits(old)))
		if changed == old || word.CompareAndSwap(old, changed) {
			return
		}
	}
}
