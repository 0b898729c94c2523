package shard

import (
	"math"
	"slices"
	"unsafe"
)

// samplePage is where the samples of a bank are. It belongs to the bank, or is in
// a pool, or is the flusher's. It is the beginning of a smallPage, mediumPage or
// largePage, which fill whole lines, for pages of different shards may be
// neighbours.
type samplePage struct {
	vals  []float64   // len is the capacity
	n     uint32      // samples in vals
	class uint8       // index of the pool it came from
	prev  *samplePage // the page that this one took over from
	rng   uint64
	w     float64 // Algorithm L's W; 0 before the reservoir was full
}

const pageHead = unsafe.Sizeof(samplePage{})

type smallPage struct {
	samplePage
	_    [lineBytes - smallSamples*8 - pageHead]byte
	room [smallSamples]float64
}

type mediumPage struct {
	samplePage
	_    [2*lineBytes - mediumSamples*8 - pageHead]byte
	room [mediumSamples]float64
}

// largePage has its samples in an object of their own.
type largePage struct {
	samplePage
	_ [lineBytes - pageHead]byte
}

// How many samples the sizes of pages hold. From firstSamples on they double, so
// that a page is at most half empty when its bank outgrew the one before.
const (
	smallSamples  = 9
	mediumSamples = 25
	firstSamples  = 64

	// lastChained is the largest page of a distribution, which chains them.
	lastChained = 8192
)

// pageSizes are the sizes of pages below n, and n.
func pageSizes(n int) []int {
	sizes := []int{smallSamples, mediumSamples}
	for size := firstSamples; size < n; size *= 2 {
		sizes = append(sizes, size)
	}
	sizes = slices.DeleteFunc(sizes, func(size int) bool { return size >= n })
	return append(sizes, n)
}

// sampleSizes are the sizes of the sample pages of histograms: up to the largest
// reservoir, and that of each reservoir.
func (s *Store) sampleSizes() []int {
	all := append([]int{s.cfg.ReservoirSize}, s.cfg.ReservoirSizes...)
	sizes := append(pageSizes(slices.Max(all)), all...)
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

func (s *Store) newSamplePools() []pool[samplePage] {
	sizes := s.sampleSizes()
	s.reservoirClasses = len(sizes)
	sizes = append(sizes, pageSizes(lastChained)...)
	pools := make([]pool[samplePage], len(sizes))
	for class, size := range sizes {
		least := 512 / size // 4 KiB of each small size; the large ones on demand
		if size <= 1024 {
			least = max(least, 2) // one goroutine may turn up in two shards
		}
		pools[class] = newPool(poolSlots, least, func() *samplePage { return s.newSamplePage(class, size) })
		pools[class].size = size
	}
	return pools
}

// primeSamples fills the pools at the first histogram or distribution, so that
// series met by other processors before the next drain find pages.
func (s *Store) primeSamples() {
	s.pools.banks.fill(s.pools.banks.least)
	s.pools.spills.fill(s.pools.spills.least)
	for class := range s.pools.samples {
		s.pools.samples[class].fill(s.pools.samples[class].least)
	}
}

func (s *Store) newSamplePage(class, size int) *samplePage {
	var p *samplePage
	switch {
	case size <= smallSamples:
		small := new(smallPage)
		p = &small.samplePage
		p.vals = small.room[:size:size]
	case size <= mediumSamples:
		medium := new(mediumPage)
		p = &medium.samplePage
		p.vals = medium.room[:size:size]
	default:
		p = &new(largePage).samplePage
		p.vals = make([]float64, size, roundUp(size))
	}
	p.class, p.rng = uint8(class), mix(s.pageSeq.Add(1)^s.cfg.Seed)
	return p
}

// roundUp returns how many float64s to ask for so that size of them fill whole
// lines: the allocator would put the values of another page behind them.
func roundUp(size int) int {
	const line = lineBytes / 8
	return (size + line - 1) / line * line
}

// add takes one observation in and returns how many there are. The caller holds
// the claim.
func (b *bank) add(row *Row, slot uint32, v float64) uint64 {
	seen := b.seen + 1
	if seen == b.next {
		b.seen = seen
		b.keep(row, slot, v) // before v is the minimum or maximum: those may be the samples so far
	}
	b.take(seen, v)
	return seen
}

// take takes in one observation, the seen-th, but for its sample.
func (b *bank) take(seen uint64, v float64) {
	b.seen = seen
	b.sum += v
	if v < b.min {
		b.min = v
	}
	if v > b.max {
		b.max = v
	}
}

// keep makes v a sample: in the next free place, in a larger page, or, once the
// reservoir has its size, in the place of a random one.
func (b *bank) keep(row *Row, slot uint32, v float64) {
	p := b.page
	if p == nil && b.seen <= inBank && row.store.pools.samples[row.top(slot)].size >= inBank {
		b.next = b.seen + 1
		return
	}
	// Everything so far was kept, so a larger reservoir is as good as one that
	// had been larger from the start. From any other state it would be biased.
	for p == nil || p.full() && p.w == 0 {
		grown := b.grow(row, slot)
		if grown == nil {
			break
		}
		p = grown
	}
	switch {
	case p == nil:
		b.next = math.MaxUint64 // no page to be had: no samples in this generation
	case !p.full():
		p.put(v)
		b.next = b.seen + 1
	case p.w == 0:
		// Full for good. The draw that fills W also says which of the observations
		// after the last kept one comes next; it may be this one.
		p.w = 1
		b.seen--
		b.skip(p)
		b.seen++
		if b.next == b.seen {
			p.replace(v)
			b.skip(p)
		}
	default: // Algorithm L chose this one
		p.replace(v)
		b.skip(p)
	}
}

func (p *samplePage) full() bool { return p.n >= uint32(len(p.vals)) }

// put adds a sample to a page that is not full.
func (p *samplePage) put(v float64) {
	p.vals[p.n%uint32(len(p.vals))] = v
	p.n++
}

// replace puts v in the place of a random sample.
func (p *samplePage) replace(v float64) { p.vals[p.below(uint32(len(p.vals)))] = v }

// skip draws which observation replaces the next sample: Algorithm L (Li 1994,
// "Reservoir-sampling algorithms of time complexity O(n(1+log(N/n)))").
func (b *bank) skip(p *samplePage) {
	p.w *= math.Exp(math.Log(p.unit()) / float64(len(p.vals)))
	step := math.Floor(math.Log(p.unit()) / math.Log1p(-p.w))
	if !(step < 1<<62) { // W has become so small that no observation comes next
		b.next = math.MaxUint64
		return
	}
	b.next = b.seen + 1 + uint64(step)
}

// grow gives the bank a larger page from the pool: the samples are copied, and
// the page before waits in prev for the flusher. nil if there is no larger one,
// or none to be had, which is counted.
func (b *bank) grow(row *Row, slot uint32) *samplePage {
	s := row.store
	class := 0
	switch {
	case b.page != nil:
		class = int(b.page.class) + 1
	case b.seen > inBank:
		for s.pools.samples[class].size < inBank { // where some reservoir keeps one sample
			class++
		}
	}
	if class > row.top(slot) {
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
	} else if b.seen > inBank {
		b.moveInto(fresh)
	}
	b.page = fresh
	return fresh
}

// moveInto makes the first two observations, which the caller knows to be all but
// the one that it is about to keep, samples of a bank's first page.
func (b *bank) moveInto(p *samplePage) {
	p.put(b.min)
	p.put(b.max)
}

// extend gives the bank of a distribution one more page, at the head of its
// chain. The pages before keep their values. It reports whether there is room.
func (b *bank) extend(s *Store) bool {
	class := s.reservoirClasses
	if p := b.page; p != nil {
		if !p.full() {
			return true
		}
		class = min(int(p.class)+1, len(s.pools.samples)-1)
	} else if b.seen < inBank {
		return true
	}
	for ; class >= s.reservoirClasses; class-- { // a smaller one is better than none
		if fresh := s.pools.samples[class].take(uint(b.seen)); fresh != nil {
			if fresh.prev = b.page; b.page == nil {
				b.moveInto(fresh)
			}
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
