package flush

import "slices"

// sentMemory knows which series were sent in which bucket after the bucket was
// given up: a late point for one of them must not be sent to a backend that
// overwrites, for it would replace the whole by a part. It keeps a 64-bit hash
// of each series' identity (ids are reused), where a transport has names of its
// own the one it has there, up to a bound.
type sentMemory struct {
	limit   int                // on entries
	keys    map[int64][]uint64 // by start of the bucket; sorted
	entries int
	// forgotten is the start of the latest bucket that fell out at the bound:
	// of those up to it nothing is known.
	forgotten    int64
	hasForgotten bool
}

// maxSentEntries bounds the memory to 8 MiB.
const maxSentEntries = 8 << 20 / 8

func newSentMemory(limit int) sentMemory {
	return sentMemory{limit: limit, keys: map[int64][]uint64{}}
}

// remember adds the series sent in the bucket that starts at start. It keeps
// keys. At the bound the oldest buckets fall out.
func (m *sentMemory) remember(start int64, keys []uint64) {
	if len(keys) == 0 {
		return
	}
	before := len(m.keys[start])
	all := append(keys, m.keys[start]...)
	slices.Sort(all)
	all = slices.Clip(slices.Compact(all))
	m.keys[start] = all
	m.entries += len(all) - before
	for m.entries > m.limit {
		oldest := m.oldest()
		if !m.hasForgotten || oldest > m.forgotten {
			m.forgotten, m.hasForgotten = oldest, true
		}
		m.drop(oldest)
	}
}

func (m *sentMemory) oldest() int64 {
	first, low := true, int64(0)
	for start := range m.keys {
		if first || start < low {
			first, low = false, start
		}
	}
	return low
}

func (m *sentMemory) drop(start int64) {
	m.entries -= len(m.keys[start])
	delete(m.keys, start)
}

// knows reports whether something may have been sent in a bucket before.
func (m *sentMemory) knows(start int64) bool {
	return m.keys[start] != nil || m.isForgotten(start)
}

// sent reports whether a series was, or may have been, sent in a bucket.
func (m *sentMemory) sent(start int64, key uint64) bool {
	if m.isForgotten(start) {
		return true
	}
	_, ok := slices.BinarySearch(m.keys[start], key)
	return ok
}

func (m *sentMemory) isForgotten(start int64) bool {
	return m.hasForgotten && start <= m.forgotten
}

// forgetBefore drops the buckets that are older than points may be, except those
// that are needed.
func (m *sentMemory) forgetBefore(unix int64, needed func(start int64) bool) {
	for start := range m.keys {
		if start < unix && !needed(start) {
			m.drop(start)
		}
	}
}
