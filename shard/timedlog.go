package shard

import (
	"strings"
	"sync/atomic"
	"unsafe"
)

// A log takes timestamped submissions: each shard has one, and any number of
// submitters may append to it at once. It is a chain of pages with the newest
// at its head.
//
// A submitter takes an index with one add on the page's state, writes the
// record, and stores the page's turn in it, which publishes it. The flusher
// takes the whole chain by replacing the head, closes each page, and folds the
// records that are published; a page with a record still being written waits
// for the next drain, and is used again, with the next turn, when it has none.
//
// A submitter may hold a page from before it was taken: closed, and it starts
// over; or in use again with a new turn, which the same add tells it. A page that
// no log has at its head is closed: in the pool it would take a record that no
// drain looks for. So a page becomes head closed, and whoever finds a closed head
// opens it.
type log struct {
	head atomic.Pointer[logPage]
	_    [lineBytes - ptrBytes]byte // from the next shard's
}

const (
	ptrBytes = 4 << (^uintptr(0) >> 63)

	logRecords = 256

	// state of a page: turn<<32 | closed<<31 | next index
	turnShift = 32
	logClosed = 1 << 31
	indexMask = logClosed - 1
)

type logPage struct {
	state   atomic.Uint64
	prev    *logPage // written before the page becomes head
	turn    uint64   // the flusher's: in which the pending records were drawn
	pending []uint32 // the flusher's: records taken but not yet published
	records [logRecords]logRecord
}

// logRecord belongs to the submitter that drew its index until published holds
// the page's turn, and to the flusher from then on.
type logRecord struct {
	published atomic.Uint32
	timed     Timed
}

// closedLog is the head of every log after Stop.
var closedLog = new(logPage)

// Timed takes in a timestamped submission for the series of r, or counts it as
// timed_full if there is no room. Only a set's member is copied.
func (r Ref) Timed(t Timed) {
	if r.row == nil {
		return
	}
	s := r.row.store
	if t.Value-t.Value != 0 {
		s.lost.badValue.Add(1)
		return
	}
	// A record of its own, field by field: t's member must not escape.
	own := Timed{ID: r.ID(), Untimed: t.Untimed, UnixSec: t.UnixSec, N: t.N, Value: t.Value, Weight: t.Weight}
	switch r.row.class {
	case ClassGauge, ClassRate:
		own.Seq = s.seq.Add(1)
	case ClassSet:
		own.Member = strings.Clone(t.Member)
	}
	s.logs[pick()&r.row.mask].appendOrCount(s, own)
}

// appendOrCount appends t, or counts why it could not.
func (l *log) appendOrCount(s *Store, t Timed) {
	for {
		p := l.head.Load()
		if p == closedLog {
			s.lost.afterStop.Add(1)
			return
		}
		if p != nil && !p.full() {
			state := p.state.Add(1)
			if state&logClosed != 0 {
				if l.head.Load() == p {
					p.open(state >> turnShift) // who put it there has not come to it yet
				}
				continue // else it was taken between our load and our add
			}
			if i := state&indexMask - 1; i < logRecords {
				rec := &p.records[i]
				rec.timed = t
				rec.published.Store(uint32(state >> turnShift)) // publishes rec
				if i == logRecords*3/4 {
					s.wake()
				}
				return
			}
		}
		if !l.extend(s, p) {
			s.lost.timedFull.Add(1)
			s.wake()
			return
		}
	}
}

// full reports whether every index of an open page is drawn. Without asking,
// submitters that find no room would count the index up to the closed bit: with
// no drain for 2^31 of them, the page would start over on top of its records.
func (p *logPage) full() bool {
	state := p.state.Load()
	return state&logClosed == 0 && state&indexMask >= logRecords
}

// extend puts a page in front of p, which is full or nil. It reports false if
// the bound on the logs' memory leaves none.
func (l *log) extend(s *Store, p *logPage) bool {
	fresh := s.pools.logs.take(0)
	if fresh == nil {
		if !s.mayMakeLogPage() {
			return l.head.Load() != p // somebody else found one
		}
		fresh = newLogPage()
	}
	fresh.prev = p
	turn := fresh.state.Load() >> turnShift
	if !l.head.CompareAndSwap(p, fresh) { // publishes fresh
		fresh.prev = nil
		s.returnLogPage(fresh)
		return true
	}
	fresh.open(turn)
	return true
}

func newLogPage() *logPage {
	p := new(logPage)
	p.state.Store(1<<turnShift | logClosed)
	return p
}

// open lets submitters draw indices in a turn that the caller saw while the page
// was head. If the flusher has taken the page since, the turn has passed.
func (p *logPage) open(turn uint64) {
	for {
		state := p.state.Load()
		if state&logClosed == 0 || state>>turnShift != turn {
			return
		}
		if p.state.CompareAndSwap(state, turn<<turnShift) {
			return
		}
		// a submitter has counted up a closed page: its index means nothing
	}
}

// close ends the page's turn and returns how many records were drawn in it. The
// flusher calls it with the page taken out of the log. The turn moves on in the
// same step, so that nobody who saw the page as head can open it any more.
func (p *logPage) close() (drawn uint64) {
	for {
		state := p.state.Load()
		p.turn = state >> turnShift
		next := uint64(uint32(p.turn + 1))
		if next == 0 {
			next = 1 // 0 is what a record holds that was never written
		}
		if !p.state.CompareAndSwap(state, next<<turnShift|logClosed) {
			continue // a submitter has drawn one more
		}
		if state&logClosed != 0 {
			return 0 // it was never opened
		}
		return min(state&indexMask, logRecords)
	}
}

// returnLogPage puts an empty page into the pool; if that is full, the page is
// the garbage collector's and no longer counts.
func (s *Store) returnLogPage(p *logPage) {
	if !s.pools.logs.offer(p) {
		s.logPagesMade.Add(-1)
	}
}

// mayMakeLogPage counts one more page, if the bound allows it. It looks before it
// writes: with the logs full, every submission of every shard comes here.
func (s *Store) mayMakeLogPage() bool {
	for {
		made := s.logPagesMade.Load()
		if int(made) >= s.maxLogPages() {
			return false
		}
		if s.logPagesMade.CompareAndSwap(made, made+1) {
			return true
		}
		// we lost to another submitter, or to a page that was let go
	}
}

const logPageBytes = logRecords * int(unsafe.Sizeof(logRecord{}))

func (s *Store) maxLogPages() int { return max(s.cfg.TimedBytes/logPageBytes, 1) }

// drainLogs hands every published record to v.
func (s *Store) drainLogs(now int64, v Visitor, stop bool) {
	s.spilled.Store(0)
	s.foldLingering(now, v)
	for i := range s.logs {
		l := &s.logs[i]
		if l.head.Load() == nil && !stop {
			continue
		}
		var next *logPage
		if stop {
			next = closedLog
		}
		p := l.head.Swap(next)
		p = oldestFirst(p)
		for p != nil {
			next := p.prev
			p.prev = nil
			n := p.close()
			p.pending = p.pending[:0]
			for j := range uint32(n) {
				p.pending = append(p.pending, j)
			}
			s.foldLogPage(p, now, v)
			p = next
		}
	}
}

// oldestFirst turns a chain of pages round and returns its new head, so that
// what one submitter wrote to one shard is folded in its order. The pages are
// taken; closedLog is no page.
func oldestFirst(p *logPage) *logPage {
	var head *logPage
	for p != nil && p != closedLog {
		before := p.prev
		p.prev = head
		head, p = p, before
	}
	return head
}

// foldLingering goes on with the closed pages that had unpublished records.
func (s *Store) foldLingering(now int64, v Visitor) {
	lingering := s.logPages
	s.logPages = s.logPages[:0] // foldLogPage appends at most one for each that is read
	for _, p := range lingering {
		s.foldLogPage(p, now, v)
	}
}

// foldLogPage hands the published ones among the pending records of a closed
// page to v, and puts the page into the pool when none is left.
func (s *Store) foldLogPage(p *logPage, now int64, v Visitor) {
	waiting := p.pending[:0]
	for _, i := range p.pending {
		rec := &p.records[i]
		if uint64(rec.published.Load()) != p.turn {
			waiting = append(waiting, i)
			continue
		}
		(*s.rows.Load())[rec.timed.ID.Row()].touch(rec.timed.ID.Slot(), now)
		v.Timed(&rec.timed)
		rec.timed.Member = ""
	}
	p.pending = waiting
	if len(waiting) > 0 {
		s.logPages = append(s.logPages, p)
		return
	}
	s.returnLogPage(p)
}
