package rollup

import "slices"

// set is the union of the members of one series.
type set struct{ members map[string]struct{} }

// add reports false if member is new and there is no room for it.
func (s *set) add(member string, limit int) bool {
	if _, ok := s.members[member]; ok {
		return true
	}
	if len(s.members) >= limit {
		return false
	}
	if s.members == nil {
		s.members = map[string]struct{}{}
	}
	s.members[member] = struct{}{}
	return true
}

func (s *set) appendSorted(dst []string) []string {
	start := len(dst)
	for m := range s.members {
		dst = append(dst, m)
	}
	slices.Sort(dst[start:])
	return dst
}
