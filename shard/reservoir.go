package shard

import (
	"math"
	"slices"
	"unsafe"
)

// samplePage holds the samples of a bank. It belongs to the bank, or is in a
// pool, or is the flusher's. It fills whole lines, for pages of different shards
// may be neighbours.
type samplePage struct {
	sampleState
	_ [lineBytes - unsafe.Sizeof(sampleState{})]byte
}

type sampleState struct {
	vals  []float64   // len is the capacity
	n     uint32      // samples in vals
	class uint8       // index of the pool it came from
	prev  *samplePage // the page that this one took over from
	rng   uint64
}

// sampleSizes are the sizes of the sample pages of histograms: 32, then ×4, up to
// the largest reservoir, and that of each reservoir. A distribution chains pages
// of up to 8,192 values.
func (s *Store) sampleSizes() []int {
	sizes := append([]int{s.cfg.ReservoirSize}, s.cfg.ReservoirSizes...)
	for n := 32; n < slices.Max(sizes); n *= 4 {
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// topClass returns the largest class of page that a reservoir of so many samples
// takes; 0 means the default size.
func (s *Store) topClass(samples int) uint8 {
	if samples <= 0 {
		samples = s.cfg.ReservoirSize
	}
	top := 0
	for class := range s.reservoirClasses {
		if s.pools.samples[class].size <= samples {
			top = class
		}
	}
	return uint8(top)
}

const (
	chainFirst = 32
	chainLast  = 8192
)

func (s *Store) newSamplePools() []pool[samplePage] {
	sizes := s.sampleSizes()
	s.reservoirClasses = len(sizes)
	for n := chainFirst; n <= chainLast; n *= 4 {
		sizes = append(sizes, n)
	}
	pools := make([]pool[samplePage], len(sizes))
	for class, size := range sizes {
		least := 1024 / size // 8 KiB of each small size; the large ones on demand
		pools[class] = newPool(poolSlots, least, func() *samplePage { return s.newSamplePage(class, size) })
		pools[class].size = size
	}
	return pools
}

// primeSamples fills the pools at the first histogram or distribution, so that
// series met by other processors before the next drain find pages.
func (s *Store) primeSamples() {
	s.pools.banks.fill(s.pools.banks.least)
	for class := range s.pools.samples {
		s.pools.samples[class].fill(s.pools.samples[class].least)
	}
}

func (s *Store) newSamplePage(class, size int) *samplePage {
	return &samplePage{sampleState: sampleState{
		vals: make([]float64, size, roundUp(size)), class: uint8(class), rng: mix(s.pageSeq.Add(1) ^ s.cfg.Seed),
	}}
}

// roundUp returns how many float64s to ask for so that size of them fill whole
// lines: the allocator would put the values of another page behind them.
func roundUp(size int) int {
	const line = lineBytes / 8
	return (size + line - 1) / line * line
}

// add takes one observation in and returns how many there are. The caller holds
// the claim.
func (b *bank) add(r Ref, v float64) uint64 {
	seen := b.seen + 1
	b.seen = seen
	b.sum += v
	if v < b.min {
		b.min = v
	}
	if v > b.max {
		b.max = v
	}
	if seen == b.next {
		b.keep(r, v)
	}
	return seen
}

// keep makes v a sample: in the next free place, in a larger page, or, once the
// reservoir has its size, in the place of a random one.
func (b *bank) keep(r Ref, v float64) {
	p := b.page
	if p != nil {
		if i := p.n; i < uint32(len(p.vals)) {
			p.vals[i] = v
			p.n = i + 1
			b.next = b.seen + 1
			return
		}
		if b.w != 0 { // Algorithm L chose this one
			p.vals[p.below(uint32(len(p.vals)))] = v
			b.skip(p)
			return
		}
	}
	// Everything so far was kept, so a larger reservoir is as good as one that
	// had been larger from the start. From any other state it would be biased.
	if grown := b.grow(r); grown != nil {
		grown.vals[grown.n%uint32(len(grown.vals))] = v
		grown.n++
		b.next = b.seen + 1
		return
	}
	if p == nil {
		b.next = math.MaxUint64 // no page to be had: no samples in this generation
		return
	}
	// Full for good. The draw that fills W also says which of the observations
	// after the last kept one comes next; it may be this one.
	b.w = 1
	b.seen--
	b.skip(p)
	b.seen++
	if b.next == b.seen {
		p.vals[p.below(uint32(len(p.vals)))] = v
		b.skip(p)
	}
}

// skip draws which observation replaces the next sample: Algorithm L (Li 1994,
// "Reservoir-sampling algorithms of time complexity O(n(1+log(N/n)))").
func (b *bank) skip(p *samplePage) {
	b.w *= math.Exp(math.Log(p.unit()) / float64(len(p.vals)))
	step := math.Floor(math.Log(p.unit()) / math.Log1p(-b.w))
	if !(step < 1<<62) { // W has become so small that no observation comes next
		b.next = math.MaxUint64
		return
	}
	b.next = b.seen + 1 + uint64(step)
}

// grow gives the bank a larger page from the pool: the samples are copied, and
// the page before waits in prev for the flusher. nil if there is no larger one,
// or none to be had, which is counted.
func (b *bank) grow(r Ref) *samplePage {
	s := r.row.store
	class := 0
	if b.page != nil {
		class = int(b.page.class) + 1
	}
	if class > int(r.row.top[r.slot%bankSlots]) {
		return nil
	}
	fresh := s.pools.samples[class].take(uint(b.seen))
	if fresh == nil {
		s.lost.starved.Add(1)
		return nil
	}
	if p := b.page; p != nil {
		fresh.n = uint32(copy(fresh.vals, p.vals[:p.n]))
		fresh.prev = p
	}
	b.page = fresh
	return fresh
}

// extend gives the bank of a distribution one more page, at the head of its
// chain. The pages before keep their values. It reports whether there is room.
func (b *bank) extend(s *Store) bool {
	class := s.reservoirClasses
	if p := b.page; p != nil {
		if p.n < uint32(len(p.vals)) {
			return true
		}
		class = min(int(p.class)+1, len(s.pools.samples)-1)
	}
	for ; class >= s.reservoirClasses; class-- { // a smaller one is better than none
		if fresh := s.pools.samples[class].take(uint(b.seen)); fresh != nil {
			fresh.prev = b.page
			b.page = fresh
			return true
		}
	}
	return false
}

// unit draws from (0, 1), below from [0, n): splitmix64 on the page's state.
func (p *samplePage) unit() float64 {
	return (float64(p.draw()>>11) + 0.5) / (1 << 53)
}

func (p *samplePage) below(n uint32) uint32 {
	return uint32(uint64(uint32(p.draw()>>32)) * uint64(n) >> 32)
}

func (p *samplePage) draw() uint64 {
	p.rng += 0x9e3779b97f4a7c15
	return mix(p.rng)
}
