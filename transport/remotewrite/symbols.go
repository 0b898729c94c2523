package remotewrite

import "github.com/shardstats/shardstats/transport/internal/proto"

// symbols is the table of a 2.0 request: each string once, the empty one first.
type symbols struct {
	list  []string
	index map[string]uint32
	size  int // bytes of the fields

	refs []uint32 // scratch of one series
	// recent has what was asked for last at each place of a series: most keys, and many
	// values, are those of the series before.
	recent [recentPlaces]recentSymbol
}

const recentPlaces = 32

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
	s.list = append(s.list[:0], "")
	s.size = proto.FieldSize(0)
	if s.index == nil {
		s.index = map[string]uint32{}
	}
	clear(s.index)
	clear(s.recent[:])
	s.index[""] = 0
}

// ref returns the number of text, which it adds if it is new.
func (s *symbols) ref(text string) uint32 {
	if ref, ok := s.index[text]; ok {
		return ref
	}
	ref := uint32(len(s.list))
	s.index[text] = ref
	s.list = append(s.list, text)
	s.size += proto.FieldSize(len(text))
	return ref
}

// cut takes back all from the n-th on.
func (s *symbols) cut(n int) {
	for _, text := range s.list[n:] {
		delete(s.index, text)
		s.size -= proto.FieldSize(len(text))
	}
	s.list = s.list[:n]
	clear(s.recent[:])
}
