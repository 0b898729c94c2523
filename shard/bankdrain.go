package shard

import (
	"math"
	"slices"
)

// heldBank is a bank or a spill that a submitter held when the flusher came by.
type heldBank struct {
	row   *Row
	slot  int
	bank  *bank
	spill *spill
	gen   uint64
}

// drainBanks hands the banks and spills of row that retired generations left to
// v. current is Store.gen.
func (s *Store) drainBanks(row *Row, current uint64, now int64, v Visitor, stop bool) {
	for i := range row.banks {
		page := row.banks[i].Load()
		if page == nil && stop {
			row.banks[i].CompareAndSwap(nil, closedBanks)
			page = row.banks[i].Load()
		}
		if page == nil || page == closedBanks {
			continue
		}
		for slot := range page.banks {
			for parity := range page.banks[slot] {
				s.drainBank(heldBank{row: row, slot: slot, bank: &page.banks[slot][parity]}, current, now, v)
			}
		}
	}
	if stop {
		row.spills.CompareAndSwap(nil, closedSpills)
	}
	spills := row.spills.Load()
	if spills == nil || spills == closedSpills {
		return
	}
	for slot := range spills.spills {
		for parity := range spills.spills[slot] {
			s.drainBank(heldBank{row: row, slot: slot, spill: &spills.spills[slot][parity]}, current, now, v)
		}
	}
}

// drainBank takes one bank or spill if its generation has passed. If a
// submitter holds it, it is put on the list of those to try again.
func (s *Store) drainBank(h heldBank, current uint64, now int64, v Visitor) {
	c := h.claim()
	gen, held := c.label()
	if !passed(gen, current) {
		return
	}
	if held || !c.tryAlone(gen) {
		h.gen = gen
		if !slices.Contains(s.held, h) {
			s.held = append(s.held, h)
		}
		return
	}
	// The bank is ours: submitters look for another label.
	if h.spill != nil {
		s.found = h.spill.take()
	} else {
		s.found = s.takeBank(h.bank, h.row.class)
	}
	if s.found.Count > 0 {
		h.row.touch(h.slot, now)
		v.Observations(MakeID(int(h.row.number), h.slot), Generation(gen), &s.found)
	}
	if h.bank != nil {
		s.resize(h, s.found.Count)
	}
	c.release(nextLabel(gen, current))
}

func (h *heldBank) claim() *claim {
	if h.spill != nil {
		return &h.spill.claim
	}
	return &h.bank.claim
}

// passed reports whether a bank labelled gen has to be drained or relabelled.
func passed(gen, current uint64) bool {
	return gen < current && gen != closedLabel
}

// takeBank empties b and returns what it held. The samples stay in its page until
// resize, or in the store's scratch until the next drain.
func (s *Store) takeBank(b *bank, class Class) Observations {
	o := Observations{Count: b.seen, Sum: b.sum, Min: b.min, Max: b.max}
	if b.seen == 0 {
		return o
	}
	switch p := b.page; {
	case p == nil && b.seen <= inBank:
		s.pair = [inBank]float64{b.min, b.max}
		o.Samples, o.Sampled = s.pair[:b.seen], b.seen
	case p != nil && p.n > 0:
		o.Samples, o.Sampled = p.vals[:p.n], b.seen
		if class == ClassDistribution && p.prev != nil {
			s.chain = s.chain[:0]
			for ; p != nil; p = p.prev {
				s.chain = append(s.chain, p.vals[:p.n]...)
			}
			o.Samples = s.chain
		}
	}
	b.reset()
	return o
}

// patience is how many drains in a row must find a page too large before the
// bank gets a smaller one.
const patience = 3

// resize prepares the page of an emptied bank for what it is likely to see next:
// as much as the last time. It gives back the smaller pages of the chain, a page
// that was full for a larger one, and after some drains a page of which less than
// a quarter was needed.
func (s *Store) resize(h heldBank, seen uint64) {
	b := h.bank
	p := b.page
	if p == nil && seen <= inBank {
		return
	}
	first, last := 0, h.row.top(uint32(h.slot))
	if h.row.class == ClassDistribution {
		first, last = s.reservoirClasses, len(s.pools.samples)-1
	}
	if p != nil {
		for prev := p.prev; prev != nil; {
			before := prev.prev
			s.giveBack(prev)
			prev = before
		}
		p.prev, p.n, p.w = nil, 0, 0
		large := seen <= inBank || int(p.class) > first && seen*4 <= uint64(len(p.vals))
		if !large {
			b.small = 0
		}
		if !large && (seen <= uint64(len(p.vals)) || int(p.class) == last) {
			return
		}
		if large {
			if b.small++; b.small < patience {
				return
			}
			b.small = 0
		}
		b.page = nil
		s.giveBack(p)
	}
	if seen > inBank {
		class := first
		for class < last && uint64(s.pools.samples[class].size) < seen {
			class++
		}
		b.page = s.pools.samples[class].fresh()
	}
}

func (s *Store) giveBack(p *samplePage) {
	p.prev, p.n, p.w = nil, 0, 0
	s.pools.samples[p.class].put(p)
}

func (sp *spill) take() Observations {
	o := Observations{Count: sp.count.Load()}
	if o.Count == 0 {
		return o
	}
	o.Sum = math.Float64frombits(sp.sum.Load())
	o.Min = math.Float64frombits(sp.min.Load())
	o.Max = math.Float64frombits(sp.max.Load())
	sp.reset()
	return o
}

// equip gives the banks of a new series in the caller's shard their first page
// of samples. Under Store.mu; submitters may not know the series yet.
func (s *Store) equip(r Ref) {
	i := pick() & r.row.mask
	page := r.row.banks[i].Load()
	if page == nil {
		fresh := s.newBankPage()
		if !r.row.banks[i].CompareAndSwap(nil, fresh) {
			return // we raced with a submitter of another series, and so with Stop or a pool
		}
		page = fresh
	}
	class := 0
	if r.row.class == ClassDistribution {
		class = s.reservoirClasses
	}
	for parity := range page.banks[r.slot] {
		b := &page.banks[r.slot][parity]
		if gen, held := b.claim.label(); !held && b.claim.tryAlone(gen) {
			if b.page == nil {
				b.page = s.pools.samples[class].fresh()
			}
			b.claim.release(gen)
		}
	}
}

// strip takes the sample pages of a series that is gone. Under Store.mu.
func (s *Store) strip(r Ref) {
	for i := range r.row.banks {
		page := r.row.banks[i].Load()
		if page == nil || page == closedBanks {
			continue
		}
		for parity := range page.banks[r.slot] {
			b := &page.banks[r.slot][parity]
			if gen, held := b.claim.label(); !held && b.claim.tryAlone(gen) {
				if p := b.page; p != nil {
					b.page = nil
					s.giveBack(p)
				}
				b.claim.release(gen)
			}
		}
	}
}
