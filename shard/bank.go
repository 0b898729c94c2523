package shard

import (
	"math"
	"sync/atomic"
)

// A claim word guards a bank: values of several words that belong together.
//
//	bits 16…63  the generation whose observations the bank takes
//	bit  15     held alone: by one submitter, or by the flusher
//	bits 0…14   how many submitters share it (spills only)
//
// A submitter that read generation g from Store.gen claims the bank of g's
// parity by one CAS from (g, nobody) to (g, alone), updates it plainly, and
// stores (g, nobody). The flusher moves Store.gen on first and then claims in
// the same way, drains plainly, and stores the generation that submitters will
// look for next in this bank. So:
//
//   - a claim succeeds only in the generation the bank is labelled with: a
//     submitter that read g and slept finds another label and reads gen again;
//   - whoever holds the word alone owns every other word of the bank, and the
//     store that releases it happens before the next claim;
//   - a bank found held keeps its label, is not reused, is tried again by each
//     later drain, and goes into the bucket of its own generation.
const (
	claimShift = 16
	claimAlone = 1 << 15

	// closedGen is what Store.gen holds after Stop. No bank is ever labelled
	// with it: those that are closed carry closedLabel.
	closedGen   = 1 << 47
	closedLabel = 1<<47 + 1
)

type claim struct{ word atomic.Uint64 }

// tryAlone claims the bank for generation gen, alone.
func (c *claim) tryAlone(gen uint64) bool {
	return c.word.CompareAndSwap(gen<<claimShift, gen<<claimShift|claimAlone)
}

// release ends a claim and labels the bank with gen.
func (c *claim) release(gen uint64) { c.word.Store(gen << claimShift) }

// label returns the generation of the bank, and whether anybody holds it.
func (c *claim) label() (gen uint64, held bool) {
	w := c.word.Load()
	return w >> claimShift, w&(1<<claimShift-1) != 0
}

// nextLabel returns the generation that submitters will look for next in a bank
// of gen's parity, when current is Store.gen.
func nextLabel(gen, current uint64) uint64 {
	if current == closedGen {
		return closedLabel
	}
	if current&1 == gen&1 {
		return current
	}
	return current + 1
}

const bankSlots = 16

// bankPage holds the banks of one row in one shard: two for each series, one
// for each parity of the generation.
type bankPage struct {
	// The allocator puts a word in front of objects of this size that hold
	// pointers. The head puts the banks on lines of their own again.
	_     [lineBytes - 8]byte
	banks [bankSlots][2]bank
}

// bank is what one shard gathers for one series in one generation. 64 bytes.
// Every word but claim belongs to who holds the claim.
//
// The first two observations need no page: they are the minimum and the maximum.
type bank struct {
	claim claim
	seen  uint64 // observations
	sum   float64
	min   float64
	max   float64
	next  uint64 // the number of the next observation to keep a sample of, from 1
	small uint32 // drains in a row that found the page too large
	_     [12 - ptrBytes]byte
	page  *samplePage
}

// inBank is how many samples a bank holds without a page.
const inBank = 2

func (b *bank) init(gen uint64) {
	b.reset()
	b.claim.release(gen)
}

// reset empties the bank but for its page.
func (b *bank) reset() {
	b.seen, b.sum, b.min, b.max = 0, 0, math.Inf(1), math.Inf(-1)
	b.next = 1
}

// newBankPage returns a page labelled for the current generation.
func (s *Store) newBankPage() *bankPage {
	page := new(bankPage)
	for slot := range page.banks {
		page.banks[slot][0].reset()
		page.banks[slot][1].reset()
	}
	s.label(page)
	return page
}

// label gives the empty banks of a page that nobody else can reach the labels
// that submitters look for now. Between this and the moment the page is installed
// a swap may come: a label that has passed is brought up to date by the drain that
// finds it, and until then submitters go on to other banks.
func (s *Store) label(page *bankPage) {
	gen := s.gen.Load()
	if gen == closedGen {
		return // Stop is closing every bank; none must carry the label it left in Store.gen
	}
	for slot := range page.banks {
		page.banks[slot][gen&1].claim.release(gen)
		page.banks[slot][(gen+1)&1].claim.release(gen + 1)
	}
}

// closedBanks stands in for pages that did not exist when the store stopped.
var closedBanks = func() *bankPage {
	page := new(bankPage)
	for slot := range page.banks {
		page.banks[slot][0].init(closedLabel)
		page.banks[slot][1].init(closedLabel)
	}
	return page
}()
