package remotewrite

import (
	"hash/maphash"

	"github.com/shardstats/shardstats/transport/internal/proto"
)

// symbols is the table of a 2.0 request: each string once, the empty one first.
//
// A string is found by its hash in an open-addressed table, where looking for one that is
// new also finds its place: a map of Go has to be asked twice.
type symbols struct {
	list   []string
	hashes []uint64 // of list
	table  []uint32 // numbers of list plus 1, 0 where there is none; at most half full
	size   int      // bytes of the fields

	refs []uint32 // scratch of one series
	// recent has what was asked for last at each place of a series: most keys, and many
	// values, are those of the series before.
	recent [recentPlaces]recentSymbol
}

const (
	recentPlaces = 32
	minTable     = 256 // a power of two, as each length of the table is
)

type recentSymbol struct {
	text string // "" is none
	ref  uint32
}

// refAt is ref, faster for what was asked for last at the same place.
func (s *symbols) refAt(place int, text string) uint32 {
	if place >= recentPlaces {
		return s.ref(text)
	}
	r := &s.recent[place]
	if r.text != text || text == "" {
		*r = recentSymbol{text, s.ref(text)}
	}
	return r.ref
}

func (s *symbols) reset() {
	clear(s.list[:cap(s.list)])
	s.list, s.hashes = s.list[:0], s.hashes[:0]
	s.size = 0
	if s.table == nil {
		s.table = make([]uint32, minTable)
	}
	clear(s.table)
	clear(s.recent[:])
	s.ref("")
}

// ref returns the number of text, which it adds if it is new.
func (s *symbols) ref(text string) uint32 {
	hash := maphash.String(seed, text)
	at := s.slot(hash)
	for ; s.table[at] != 0; at = s.next(at) {
		if ref := s.table[at] - 1; s.hashes[ref] == hash && s.list[ref] == text {
			return ref
		}
	}
	ref := uint32(len(s.list))
	s.table[at] = ref + 1
	s.list, s.hashes = append(s.list, text), append(s.hashes, hash)
	s.size += proto.FieldSize(len(text))
	if 2*len(s.list) > len(s.table) {
		s.grow()
	}
	return ref
}

func (s *symbols) slot(hash uint64) int { return int(hash) & (len(s.table) - 1) }
func (s *symbols) next(slot int) int    { return (slot + 1) & (len(s.table) - 1) }

// grow doubles the table. What was added first goes in first, as cut needs it.
func (s *symbols) grow() {
	s.table = make([]uint32, 2*len(s.table))
	for ref, hash := range s.hashes {
		at := s.slot(hash)
		for s.table[at] != 0 {
			at = s.next(at)
		}
		s.table[at] = uint32(ref) + 1
	}
}

// cut takes back all from the n-th on. The last goes first: no other was put past its
// slot, so that it can simply become free.
func (s *symbols) cut(n int) {
	for ref := len(s.list) - 1; ref >= n; ref-- {
		at := s.slot(s.hashes[ref])
		for s.table[at] != uint32(ref)+1 {
			at = s.next(at)
		}
		s.table[at] = 0
		s.size -= proto.FieldSize(len(s.list[ref]))
	}
	clear(s.list[n:])
	s.list, s.hashes = s.list[:n], s.hashes[:n]
	clear(s.recent[:])
}
