package shard

// How an observation finds a bank. The own shard's first; if that is held, or
// labelled with another generation, the banks of the next shards; then, for a
// histogram, the series' spill, and for a distribution, whose values are all
// kept, the log of timed submissions. Nothing waits: each step either takes the
// observation or passes it on.
const bankProbes = 4

// Observe adds one observation to a histogram.
func (r Ref) Observe(v float64) { observe(r.row, r.slot, v) }

// observe is Observe, made like add. What most observations do is written out
// here: no call comes between claim and release.
//
//go:nosplit
func observe(row *Row, slot uint32, v float64) {
	var b *bank
	var gen uint64
	hint := hintSlot()
	if row != nil && v-v == 0 {
		gen = row.store.gen.Load()
		if page := at(row.banks, uint(hints[hint].Load())&row.mask).Load(); page != nil {
			if own := &page.banks[slot%bankSlots][gen&1]; own.claim.tryAlone(gen) {
				seen := own.seen + 1
				if seen != own.next && seen%hintEvery != 0 {
					own.take(seen, v)
					own.claim.release(gen)
					return
				}
				b = own
			}
		}
	}
	observeRare(row, slot, v, b, gen, hint)
}

// observeRare is the rest of observe. If b is not nil, it is claimed for gen, and
// v becomes a sample, or it is time to look where the caller runs.
func observeRare(row *Row, slot uint32, v float64, b *bank, gen uint64, hint uint) {
	switch {
	case row == nil:
	case b != nil:
		seen := b.add(row, slot, v)
		b.claim.release(gen)
		if seen%hintEvery == 0 {
			repick(hint)
		}
	case v-v != 0:
		row.store.lost.badValue.Add(1)
	default:
		Ref{row, slot}.observeFrom(repick(hint)&row.mask, v)
	}
}

// observeFrom is Observe by a submitter that found itself in shard i.
func (r Ref) observeFrom(i uint, v float64) {
	s := r.row.store
	for !s.stopped.Load() {
		gen := s.gen.Load()
		if b := r.claimAny(i, gen); b != nil {
			b.add(r.row, r.slot, v)
			b.claim.release(gen)
			return
		}
		if r.spill(gen, v) {
			s.lost.unsampled.Add(1)
			return
		}
		if s.gen.Load() == gen {
			// Others hold the banks, and a submitter has slept in the spill since
			// two generations ago, or there is no page for one. The log takes any
			// number of writers.
			s.logs[i].appendOrCount(s, Timed{ID: r.ID(), Untimed: true, Value: v})
			return
		}
		// the flusher moved on between our two reads of gen: look again
	}
	s.lost.afterStop.Add(1)
}

// claimAny claims the bank for gen in shard i or one of the next. If shard i has
// no page, it gets one if the pool has any. nil if no bank was free.
func (r Ref) claimAny(i uint, gen uint64) *bank {
	row := r.row
	for probe := range min(bankProbes, row.mask+1) {
		shard := (i + probe) & row.mask
		page := row.banks[shard].Load()
		if page == nil {
			if probe > 0 {
				continue // another shard's first page is for that shard to take
			}
			page = pageAt(row.banks, shard, &row.store.pools.banks)
		}
		if b := &page.banks[r.slot%bankSlots][gen&1]; b.claim.tryAlone(gen) {
			return b
		}
	}
	return nil
}

// ObserveN adds several observations to a histogram, with one claim.
func (r Ref) ObserveN(vs []float64) {
	if r.row == nil {
		return
	}
	s := r.row.store
	i := repick(hintSlot()) & r.row.mask
	for len(vs) > 0 {
		gen := s.gen.Load()
		b := r.claimAny(i, gen)
		if b == nil {
			r.Observe(vs[0])
			vs = vs[1:]
			continue
		}
		n := min(len(vs), maxClaimed)
		for _, v := range vs[:n] {
			if v-v != 0 {
				s.lost.badValue.Add(1)
				continue
			}
			if seen := b.seen + 1; seen != b.next {
				b.take(seen, v)
			} else {
				b.add(r.row, r.slot, v)
			}
		}
		b.claim.release(gen)
		vs = vs[n:]
	}
}

// maxClaimed bounds how many observations one claim takes in: about a
// microsecond, for which the flusher may find the bank held.
const maxClaimed = 256

// ObserveRaw adds one value to a distribution.
func (r Ref) ObserveRaw(v float64) {
	if r.row == nil {
		return
	}
	s := r.row.store
	if v-v != 0 {
		s.lost.badValue.Add(1)
		return
	}
	i := repick(hintSlot()) & r.row.mask
	for !s.stopped.Load() {
		gen := s.gen.Load()
		b := r.claimAny(i, gen)
		if b != nil {
			took := b.addRaw(s, v)
			b.claim.release(gen)
			if took {
				return
			}
		}
		if b != nil || s.gen.Load() == gen {
			s.logs[i].appendOrCount(s, Timed{ID: r.ID(), Untimed: true, Value: v})
			return
		}
	}
	s.lost.afterStop.Add(1)
}

// ObserveRawN adds several values to a distribution.
func (r Ref) ObserveRawN(vs []float64) {
	for _, v := range vs {
		r.ObserveRaw(v)
	}
}

// maxSpilled is how many values of distributions the logs take between two drains:
// half of what they hold, so that a busy distribution leaves room for what has a
// timestamp.
func (s *Store) maxSpilled() int64 { return int64(max(s.maxLogPages()*logRecords/2, 1)) }

// addRaw takes one value of a distribution in, or reports that there is no room
// for it. Beyond the bound it goes through the log, which is drained on demand, if
// what drains it has no bound; else, and beyond half of the logs, it is counted as
// distribution_full.
func (b *bank) addRaw(s *Store, v float64) bool {
	if b.seen >= uint64(s.cfg.DistributionValues) {
		if s.spill && s.spilled.Add(1) <= s.maxSpilled() {
			return false
		}
		s.lost.distributionFull.Add(1)
		return true
	}
	if !b.extend(s) {
		return false
	}
	if b.page != nil {
		b.page.put(v)
	}
	b.seen++
	b.sum += v
	b.min, b.max = min(b.min, v), max(b.max, v)
	return true
}
