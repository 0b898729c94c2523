package shard

import (
	"math"
	"unsafe"
)

// The only door inwards for the tests of package shard_test.

// Span is a piece of memory that one shard's processor writes.
type Span struct {
	Shard    int
	From, To uintptr // [From, To)
}

// WrittenByShards returns what submitters of each shard write, for a row.
func (s *Store) WrittenByShards(r Ref) []Span {
	var spans []Span
	add := func(shard int, p unsafe.Pointer, size uintptr) {
		spans = append(spans, Span{shard, uintptr(p), uintptr(p) + size})
	}
	for i := range r.row.counters {
		if page := r.row.counters[i].Load(); page != nil {
			add(i, unsafe.Pointer(page), unsafe.Sizeof(*page))
		}
	}
	for i := range r.row.banks {
		page := r.row.banks[i].Load()
		if page == nil {
			continue
		}
		add(i, unsafe.Pointer(&page.banks), unsafe.Sizeof(page.banks))
		for slot := range page.banks {
			for parity := range page.banks[slot] {
				if p := page.banks[slot][parity].page; p != nil {
					add(i, unsafe.Pointer(p), unsafe.Sizeof(*p))
					add(i, unsafe.Pointer(unsafe.SliceData(p.vals)), uintptr(cap(p.vals))*8)
				}
			}
		}
	}
	for i := range s.logs {
		add(i, unsafe.Pointer(&s.logs[i].head), unsafe.Sizeof(s.logs[i].head))
		if p := s.logs[i].head.Load(); p != nil {
			add(i, unsafe.Pointer(p), unsafe.Sizeof(*p))
		}
	}
	return spans
}

// WrittenByAll returns the words of the store that submitters of all shards
// write, and ReadByAll those that they read in passing.
func (s *Store) WrittenByAll() []Span {
	return []Span{spanOf(&s.lost), spanOf(&s.seq), spanOf(&s.logPagesMade)}
}

func (s *Store) ReadByAll() []Span {
	return []Span{
		spanOf(&s.gen), spanOf(&s.cfg), spanOf(&s.pools.samples), spanOf(&s.logs),
		spanOf(&s.reservoirClasses), spanOf(&s.stopped), spanOf(&s.rows),
	}
}

func spanOf[T any](p *T) Span {
	at := uintptr(unsafe.Pointer(p))
	return Span{From: at, To: at + unsafe.Sizeof(*p)}
}

// Sizes of what the layout rests on.
const (
	CounterPageBytes = unsafe.Sizeof(counterPage{})
	WidePageBytes    = unsafe.Sizeof(widePage{})
	RowBytes         = unsafe.Sizeof(Row{})
	RowZeroAt        = unsafe.Offsetof(Row{}.zero)
	BankBytes        = unsafe.Sizeof(bank{})
	GaugeBytes       = unsafe.Sizeof(gauge{})
	SmallPageBytes   = unsafe.Sizeof(smallPage{})
	MediumPageBytes  = unsafe.Sizeof(mediumPage{})
	LargePageBytes   = unsafe.Sizeof(largePage{})
	LogBytes         = unsafe.Sizeof(log{})
	LineBytes        = lineBytes
	GaugeApart       = gaugeBytes
	LogRecords       = logRecords
	LogPageBytes     = logPageBytes
	PoolSlots        = poolSlots
)

// TouchAll gives every shard pages for r, and one more page of its log.
func (s *Store) TouchAll(r Ref) {
	for i := range r.row.counters {
		pageAt(r.row.counters, uint(i), &s.pools.counters)
		s.pools.counters.refill(false)
	}
	for i := range r.row.banks {
		page := pageAt(r.row.banks, uint(i), &s.pools.banks)
		s.pools.banks.refill(false)
		class := 0
		if r.row.class == ClassDistribution {
			class = s.reservoirClasses
		}
		for parity := range page.banks[r.slot] {
			if b := &page.banks[r.slot][parity]; b.page == nil {
				b.page = s.pools.samples[class].fresh()
			}
		}
	}
	for i := range s.logs {
		s.logs[i].extend(s, s.logs[i].head.Load())
	}
}

// Held is a claim that a test holds as a submitter would that was descheduled in
// the middle of an observation.
type Held struct {
	ref Ref
	b   *bank
	sp  *spill
	gen uint64
}

// HoldBank claims the bank that an observation of r in shard i would.
func (s *Store) HoldBank(r Ref, i uint) *Held {
	gen := s.gen.Load()
	b := &pageAt(r.row.banks, i, &s.pools.banks).banks[r.slot%bankSlots][gen&1]
	if !b.claim.tryAlone(gen) {
		return nil
	}
	return &Held{ref: r, b: b, gen: gen}
}

// spillOf returns the spill of r, which it makes.
func (r Ref) spillOf(gen uint64) *spill {
	r.row.spills.CompareAndSwap(nil, r.row.store.newSpillPage())
	return &r.row.spills.Load().spills[r.slot%bankSlots][gen&1]
}

// HoldSpill enters the spill of r.
func (s *Store) HoldSpill(r Ref) *Held {
	gen := s.gen.Load()
	sp := r.spillOf(gen)
	sp.claim.word.Add(1)
	return &Held{ref: r, sp: sp, gen: gen}
}

// Finish makes the observation and lets go.
func (h *Held) Finish(v float64) {
	if h.sp != nil {
		h.sp.count.Add(1)
		update(&h.sp.sum, func(sum float64) float64 { return sum + v })
		update(&h.sp.min, func(low float64) float64 { return min(low, v) })
		update(&h.sp.max, func(high float64) float64 { return max(high, v) })
		h.sp.claim.word.Add(^uint64(0))
		return
	}
	h.b.add(h.ref.row, h.ref.slot, v)
	h.b.claim.release(h.gen)
}

// HoldRecord draws an index in the log of shard 0 and returns what writes and
// publishes the record.
func (s *Store) HoldRecord(t Timed) (publish func()) {
	l := &s.logs[0]
	if l.head.Load() == nil {
		l.extend(s, nil)
	}
	p := l.head.Load()
	state := p.state.Add(1)
	rec := &p.records[state&indexMask-1]
	return func() {
		rec.timed = t
		rec.published.Store(uint32(state >> turnShift))
	}
}

// Generation returns the current generation.
func (s *Store) Generation() Generation { return Generation(s.gen.Load()) }

// Cells returns every value cell of a row as one number each, to see whether any
// changes.
func (s *Store) Cells(r Ref) []uint64 {
	var out []uint64
	for i := range r.row.counters {
		if page := r.row.counters[i].Load(); page != nil {
			for j := range page.sums {
				out = append(out, uint64(page.sums[j].Load()))
			}
		}
	}
	if page := r.row.wide.Load(); page != nil {
		for j := range page.ints {
			out = append(out, uint64(page.ints[j].Load()), page.floats[j].Load())
		}
	}
	if r.row.gauges != nil {
		for j := range r.row.gauges {
			out = append(out, r.row.gauges[j].bits.Load())
		}
	}
	for i := range r.row.banks {
		if page := r.row.banks[i].Load(); page != nil {
			for j := range page.banks {
				for k := range page.banks[j] {
					out = append(out, page.banks[j][k].claim.word.Load(), page.banks[j][k].seen)
				}
			}
		}
	}
	if r.row.sets != nil {
		for j := range r.row.sets {
			out = append(out, uint64(r.row.sets[j].count.Load()))
		}
	}
	return out
}

// LogPages returns how many log pages exist.
func (s *Store) LogPages() int64 { return s.logPagesMade.Load() }

// FillLog makes the newest page of shard i's log look as if n more submissions
// had found it full than one page holds.
func (s *Store) FillLog(i int, n uint32) {
	p := s.logs[i].head.Load()
	p.state.Store(p.state.Load()&^indexMask | uint64(logRecords+n))
}

// HasPage reports whether shard i has cells for the row of r.
func (s *Store) HasPage(r Ref, i uint) bool {
	if r.row.banks != nil {
		return r.row.banks[i].Load() != nil
	}
	return r.row.counters[i].Load() != nil
}

// ObserveIn is Observe by a submitter that finds itself in shard i.
func (r Ref) ObserveIn(i uint, v float64) { r.observeFrom(i, v) }

// AddIn is Add by a submitter that finds itself in shard i.
func (r Ref) AddIn(i uint, n int64) {
	page := pageAt(r.row.counters, i, &r.row.store.pools.counters)
	if sum := page.sums[r.slot%counterSlots].Add(n); sum == 0 || sum < poisonBelow {
		r.afterAdd(page, sum, n, 0)
	}
}

// SampleBytes returns how much room for samples the banks of r have.
func (s *Store) SampleBytes(r Ref) (total int) {
	for i := range r.row.banks {
		if page := r.row.banks[i].Load(); page != nil {
			for parity := range page.banks[r.slot] {
				for p := page.banks[r.slot][parity].page; p != nil; p = p.prev {
					total += 8 * len(p.vals)
				}
			}
		}
	}
	return total
}

// HoldGaugeAdd reads what GaugeAdd would, and returns what stores the sum, which
// reports whether the cell had not changed.
func (s *Store) HoldGaugeAdd(r Ref, delta float64) (finish func() bool) {
	cell := &r.row.gauges[r.slot%gaugeSlots]
	old := cell.bits.Load()
	base := old
	if unset(old) {
		base = cell.base.Load()
	}
	return func() bool {
		return cell.bits.CompareAndSwap(old, math.Float64bits(math.Float64frombits(base)+delta))
	}
}

// ObserveRawIn is ObserveRaw by a submitter that finds itself in shard i.
func (r Ref) ObserveRawIn(i uint, v float64) {
	b := r.claimAny(i, r.row.store.gen.Load())
	b.addRaw(r.row.store, v)
	b.claim.release(r.row.store.gen.Load())
}

// HoldHead loads the head of shard 0's log, as a submitter does. The function it
// returns goes on with the page: it draws an index and reports true, or finds the
// page closed.
func (s *Store) HoldHead() (draw func() bool) {
	p := s.logs[0].head.Load()
	return func() bool { return p.state.Add(1)&logClosed == 0 }
}

// EnterSpill returns what a submitter of the current generation does at the spill
// of r, and whether the spill takes its observation.
func (s *Store) EnterSpill(r Ref) func() bool {
	gen := s.gen.Load()
	sp := r.spillOf(gen)
	return func() bool { return sp.add(gen, 1) }
}

// TakeSpill claims that spill as the flusher does, and returns what ends the claim.
func (s *Store) TakeSpill(r Ref) (giveBack func()) {
	gen := s.gen.Load()
	c := &r.spillOf(gen).claim
	if !c.tryAlone(gen) {
		panic("the spill is in use")
	}
	return func() { c.release(gen + 2) }
}

// LinkPage puts a page from the pool in front of the log of shard 0, as extend
// does, and goes no further.
func (s *Store) LinkPage() {
	l, page := &s.logs[0], s.pools.logs.take(0)
	page.prev = l.head.Load()
	l.head.Store(page)
}

// OnShard makes every goroutine's hint say that it runs on the processor of a shard.
func OnShard(shard int) {
	for i := range hints {
		hints[i].Store(uint32(shard))
	}
}

// RefillPools prepares pages as a drain would.
func RefillPools(s *Store) { s.pools.refill(s, false) }

// HasSpills reports whether the row of r has spills.
func (s *Store) HasSpills(r Ref) bool { return r.row.spills.Load() != nil }

// EmptySpillPool takes every page for spills.
func (s *Store) EmptySpillPool() {
	for s.pools.spills.take(0) != nil {
	}
}

// EnterSpillLate reads the generation, and returns what goes on to the spill of r,
// which need not exist, and reports whether the spill took an observation.
func (s *Store) EnterSpillLate(r Ref) func() bool {
	gen := s.gen.Load()
	return func() bool { return r.spill(gen, 1) }
}
