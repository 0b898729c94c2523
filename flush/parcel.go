package flush

import (
	"slices"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// load is one handout in the queue of one sender: which of its units are
// settled and which of its points need not be sent again.
//
// The sender's lock guards it, with one exception: while one of its parcels is
// in flight the sender's goroutine alone settles its units, and reads it
// without the lock.
type load struct {
	h     *handout
	seq   uint64    // order of enqueueing, from 1
	since time.Time // when it was enqueued
	left  int       // units not settled
	parts uint32    // sub-batches made so far, for BatchID.Part

	// Both are nil until an attempt settles a part of it: most never do.
	units  []unitState // by unit
	absent []bool      // by point: delivered or refused, not to be sent again
}

// unitState says what is known of one unit of a load: whether it is settled and,
// if a part of it was rejected, why.
type unitState uint8

const (
	unitSettled unitState = 1 << 7
	unitRefused unitState = unitSettled - 1 // 1 + the number of the reason; 0 if nothing was rejected
)

// newLoad returns the load of h and the parcel that is all of it.
func newLoad(h *handout, seq uint64, now time.Time) (*load, *parcel) {
	l := &load{h: h, seq: seq, since: now, left: len(h.units)}
	return l, &parcel{load: l, hi: len(h.units)}
}

// points is the number of points of the handout.
func (l *load) points() int { return int(l.h.ends[len(l.h.ends)-1]) }

// span returns the points [from, to) of unit u.
func (l *load) span(u int) (from, to int) {
	if u > 0 {
		from = int(l.h.ends[u-1])
	}
	return from, int(l.h.ends[u])
}

func (l *load) settled(u int) bool {
	return l.left == 0 || l.units != nil && l.units[u]&unitSettled != 0
}

// refused returns why a part of unit u was rejected, if one was.
func (l *load) refused(u int) (reason transport.Reason, refused bool) {
	if l.units == nil || l.units[u]&unitRefused == 0 {
		return "", false
	}
	return reasonsToReject[l.units[u]&unitRefused-1], true
}

// refuse notes that a part of unit u was rejected. The first reason stays.
func (l *load) refuse(u int, reason transport.Reason) {
	if l.units[u]&unitRefused == 0 {
		l.units[u] |= unitState(1 + slices.Index(reasonsToReject[:], reason))
	}
}

// sent reports whether point i needs not be sent again.
func (l *load) sent(i int) bool { return l.absent != nil && l.absent[i] }

// through reports whether no point of unit u is to be sent any more.
func (l *load) through(u int) bool {
	for i, to := l.span(u); i < to; i++ {
		if !l.sent(i) {
			return false
		}
	}
	return true
}

// track gets the load ready for units that go different ways.
func (l *load) track() {
	if l.units == nil {
		l.units = make([]unitState, len(l.h.units))
		l.absent = make([]bool, l.points())
	}
}

// parcel is what one attempt is about: the units [lo, hi) of a load that are
// not settled and of its class.
type parcel struct {
	*load
	lo, hi int
	class  class

	notBefore time.Time // after an unknown outcome: until a stuck request is surely gone
	resent    bool      // sent again after an unknown outcome
	panics    int       // attempts that panicked
	part      uint32    // BatchID.Part of the last attempt
	width     int       // its points; they only get fewer, so their number tells whether they changed
}

// class picks units by what their backend does with a repetition.
type class uint8

const (
	everyUnit class = iota
	overwritingUnits
	addingUnits
)

// open reports whether unit u is still to be sent by this parcel.
func (p *parcel) open(u int) bool {
	if u < p.lo || u >= p.hi || p.load.settled(u) {
		return false
	}
	switch p.class {
	case overwritingUnits:
		return p.h.units[u].overwrite
	case addingUnits:
		return !p.h.units[u].overwrite
	}
	return true
}

// size is the number of open units.
func (p *parcel) size() int {
	n := 0
	for u := p.lo; u < p.hi; u++ {
		if p.open(u) {
			n++
		}
	}
	return n
}

// halve splits p between two open units; p has at least two.
func (p *parcel) halve() (first, second *parcel) {
	half := p.size() / 2
	mid := p.lo
	for ; half > 0; mid++ {
		if p.open(mid) {
			half--
		}
	}
	first, second = p.fork(), p.fork()
	first.hi, second.lo = mid, mid
	return first, second
}

// byClass splits p into the units that add up and those that overwrite, or
// returns p alone if it has one sort only.
func (p *parcel) byClass() []*parcel {
	adding, overwriting := p.fork(), p.fork()
	adding.class, overwriting.class = addingUnits, overwritingUnits
	if p.class != everyUnit || adding.size() == 0 || overwriting.size() == 0 {
		return []*parcel{p}
	}
	return []*parcel{adding, overwriting}
}

// overwrites reports whether an open unit of p overwrites.
func (p *parcel) overwrites() bool {
	for u := p.lo; u < p.hi; u++ {
		if p.open(u) && p.h.units[u].overwrite {
			return true
		}
	}
	return false
}

// untouched reports whether p is all of a load of which nothing is settled or
// marked: what it sends is the handout's own batch.
func (p *parcel) untouched() bool {
	return p.units == nil && p.left > 0 && p.class == everyUnit && p.hi-p.lo == len(p.h.units)
}

// fork returns a copy that has not been sent as such yet.
func (p *parcel) fork() *parcel {
	q := *p
	q.part, q.width = 0, 0
	return &q
}
