package shard

import (
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// A set is a short chain of open-addressed tables per series, shared by all
// shards: a member submitted from two processors is one member. A slot goes
// from nil to a member by a submitter's CAS and back by the flusher's Swap, so
// a member is in exactly one drain; a submission that finds its member present
// is carried by whoever takes it out.
//
// Tables are added, never rehashed. Emptied slots leave holes, so one member
// may come to sit in two tables; a drain then shows it twice.
const (
	setSlots     = 16
	setLevels    = 9
	setFirstSize = 32 // ×4 for each level
	setProbes    = 16
)

type set struct {
	// count is raised before a member is put in and lowered after one is taken
	// out, so that 0 means empty.
	count  atomic.Int32
	levels [setLevels]atomic.Pointer[setTable]
}

type setTable struct{ slots []atomic.Pointer[member] }

type member struct {
	hash uint64
	text string
}

// closedMember fills the slots after the last drain.
var closedMember = new(member)

// closedTable stands in for tables that did not exist then.
var closedTable = func() *setTable {
	t := &setTable{slots: make([]atomic.Pointer[member], setFirstSize)}
	for i := range t.slots {
		t.slots[i].Store(closedMember)
	}
	return t
}()

// AddMember adds a member to a set. Only a member new since the last drain is
// copied; the string is not kept.
func (r Ref) AddMember(text string) {
	if r.row == nil {
		return
	}
	s := &r.row.sets[r.slot%setSlots]
	store := r.row.store
	hash := xxhash.Sum64String(text)
	var fresh *member
	for level := range s.levels {
		table := s.levels[level].Load()
		if table == nil {
			table = s.grow(level)
		}
		mask := uint64(len(table.slots) - 1)
		for p := uint64(0); p < setProbes; p++ {
			slot := &table.slots[(hash>>32+p)&mask]
			m := slot.Load()
			if m == nil {
				if fresh == nil {
					if int(s.count.Add(1)) > store.cfg.SetMembers {
						s.count.Add(-1)
						store.lost.setFull.Add(1)
						return
					}
					fresh = &member{hash: hash, text: strings.Clone(text)}
				}
				if slot.CompareAndSwap(nil, fresh) {
					return
				}
				m = slot.Load() // we raced with another member, or with Stop
			}
			if m == closedMember {
				if fresh != nil {
					s.count.Add(-1)
				}
				store.lost.afterStop.Add(1)
				return
			}
			if m != nil && m.hash == hash && m.text == text {
				if fresh != nil {
					s.count.Add(-1)
				}
				return
			}
		}
	}
	if fresh != nil {
		s.count.Add(-1)
	}
	store.lost.setFull.Add(1)
}

// grow adds the table of a level, or returns the one another submitter added.
func (s *set) grow(level int) *setTable {
	fresh := &setTable{slots: make([]atomic.Pointer[member], setFirstSize<<(2*level))}
	s.levels[level].CompareAndSwap(nil, fresh)
	return s.levels[level].Load()
}

// drainSets hands the members of row's sets to v.
func (row *Row) drainSets(now int64, v Visitor, stop bool) {
	var left *member
	if stop {
		left = closedMember
	}
	for slot := range row.sets {
		s := &row.sets[slot]
		if !stop && s.count.Load() == 0 {
			continue
		}
		for level := range s.levels {
			table := s.levels[level].Load()
			if table == nil {
				if stop {
					s.levels[level].CompareAndSwap(nil, closedTable)
					table = s.levels[level].Load()
				} else {
					break
				}
			}
			if table == closedTable {
				continue
			}
			for i := range table.slots {
				if !stop && table.slots[i].Load() == nil {
					continue
				}
				if m := table.slots[i].Swap(left); m != nil && m != closedMember {
					s.count.Add(-1)
					row.visitTouched(1<<slot, now, func(_ int, id ID) { v.Member(id, m.text) })
				}
			}
		}
	}
}
