package flush

import (
	"math"
	"slices"
)

// sentMemory knows which series were sent in which bucket after the bucket was
// given up: a late point for one of them must not be sent to a backend that
// overwrites, for it would replace the whole by a part. It keeps a 64-bit hash
// of each series' identity (ids are reused), where a transport has names of its
// own the one it has there, up to a bound.
//
// Most buckets have the same series as the one before, in the same order: they share
// one list.
type sentMemory struct {
	limit   int                // on entries
	lists   map[int64]*keyList // by start of the bucket
	entries int                // in all lists
	last    *keyList           // the one made last, nil if no bucket has it any more
	// blurred are the starts of the buckets whose keys fell out at the bound: any
	// series may have been sent in them.
	blurred    map[int64]struct{}
	blurLimit  int
	forgotten  int64 // the latest start that fell out of blurred: up to it nothing is known
	forgetting bool  // forgotten is valid
}

// keyList is the hashes of the series that were sent in some buckets, at least one
// each. It is sorted when somebody asks for one of them, which is rare.
type keyList struct {
	keys    []uint64
	sorted  bool
	buckets int
}

const (
	maxSentEntries = 8 << 20 / 8 // 8 MiB
	bucketEntries  = 8           // what a bucket costs besides its keys
	maxBlurred     = 10_000      // more than a day of the default roll-up, 0.5 MiB
)

func newSentMemory(limit int) sentMemory {
	return sentMemory{limit: limit, lists: map[int64]*keyList{}, blurred: map[int64]struct{}{}, blurLimit: maxBlurred}
}

// keyMaker is the list of a bucket while it is made.
type keyMaker struct {
	like *keyList // whose first n keys were the first of this one
	n    int
	keys []uint64 // all of them, once there was another
}

// begin starts the list of one more bucket.
func (m *sentMemory) begin() keyMaker { return keyMaker{like: m.last} }

// add adds a series; the same twice in a row is added once.
func (s *keyMaker) add(key uint64) {
	switch {
	case s.keys != nil:
		if s.keys[len(s.keys)-1] != key {
			s.keys = append(s.keys, key)
		}
	case s.like == nil:
		s.keys = append(s.keys, key)
	case s.n > 0 && s.like.keys[s.n-1] == key:
	case s.n < len(s.like.keys) && s.like.keys[s.n] == key:
		s.n++
	default:
		s.keys = append(make([]uint64, 0, s.n+s.n/8+8), s.like.keys[:s.n]...)
		s.keys = append(s.keys, key)
	}
}

// remember adds the series sent in the bucket that starts at start. At the bound the
// keys of the oldest buckets fall out.
func (m *sentMemory) remember(start int64, s keyMaker) {
	if s.n == 0 && s.keys == nil || m.blurry(start) {
		return
	}
	list, before := s.like, m.lists[start]
	if before != nil || s.keys != nil || s.n < len(list.keys) {
		if s.keys == nil {
			s.keys = slices.Clone(list.keys[:s.n])
		}
		list = &keyList{keys: s.keys}
		if before != nil {
			list.keys = append(list.keys, before.keys...)
			list.sort()
			m.drop(start)
		}
		m.entries += len(list.keys)
		m.last = list
	}
	list.buckets++
	m.lists[start] = list
	m.entries += bucketEntries
	for m.entries > m.limit {
		m.blur(oldest(m.lists))
	}
}

// sort makes the list one that can be searched, and without repetitions.
func (l *keyList) sort() {
	slices.Sort(l.keys)
	l.keys = slices.Clip(slices.Compact(l.keys))
	l.sorted = true
}

// blur forgets which series were sent in a bucket, but not that some were.
func (m *sentMemory) blur(start int64) {
	m.drop(start)
	m.blurred[start] = struct{}{}
	if len(m.blurred) > m.blurLimit {
		first := oldest(m.blurred)
		if !m.forgetting || first > m.forgotten {
			m.forgotten, m.forgetting = first, true
		}
		delete(m.blurred, first)
	}
}

// oldest returns the lowest start.
func oldest[V any](by map[int64]V) int64 {
	low := int64(math.MaxInt64)
	for start := range by {
		low = min(low, start)
	}
	return low
}

// drop forgets a bucket, and its list with the last one that has it.
func (m *sentMemory) drop(start int64) {
	list := m.lists[start]
	if list == nil {
		return
	}
	delete(m.lists, start)
	m.entries -= bucketEntries
	if list.buckets--; list.buckets > 0 {
		return
	}
	m.entries -= len(list.keys)
	if m.last == list {
		m.last = nil
	}
}

// knows reports whether something may have been sent in a bucket before.
func (m *sentMemory) knows(start int64) bool {
	return m.lists[start] != nil || m.blurry(start)
}

// sent reports whether a series was, or may have been, sent in a bucket.
func (m *sentMemory) sent(start int64, key uint64) bool {
	if m.blurry(start) {
		return true
	}
	list := m.lists[start]
	if list == nil {
		return false
	}
	if !list.sorted {
		m.entries -= len(list.keys)
		list.sort()
		m.entries += len(list.keys)
	}
	_, ok := slices.BinarySearch(list.keys, key)
	return ok
}

func (m *sentMemory) blurry(start int64) bool {
	_, ok := m.blurred[start]
	return ok || m.forgetting && start <= m.forgotten
}

// forgetBefore drops the buckets that are older than points may be, except those
// that are needed.
func (m *sentMemory) forgetBefore(unix int64, needed func(start int64) bool) {
	for start := range m.lists {
		if start < unix && !needed(start) {
			m.drop(start)
		}
	}
	for start := range m.blurred {
		if start < unix && !needed(start) {
			delete(m.blurred, start)
		}
	}
}

// forgetBetween drops the buckets that start after one time and up to another.
func (m *sentMemory) forgetBetween(after, upTo int64) {
	for start := range m.lists {
		if after < start && start <= upTo {
			m.drop(start)
		}
	}
	for start := range m.blurred {
		if after < start && start <= upTo {
			delete(m.blurred, start)
		}
	}
	m.forgotten = min(m.forgotten, after)
}
