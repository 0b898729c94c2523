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
type sentMemory struct {
	limit   int                // on entries
	keys    map[int64][]uint64 // by start of the bucket; sorted
	entries int
	// blurred are the starts of the buckets whose keys fell out at the bound: any
	// series may have been sent in them.
	blurred    map[int64]struct{}
	blurLimit  int
	forgotten  int64 // the latest start that fell out of blurred: up to it nothing is known
	forgetting bool  // forgotten is valid
}

const (
	maxSentEntries = 8 << 20 / 8 // 8 MiB
	maxBlurred     = 10_000      // more than a day of the default roll-up, 0.5 MiB
)

func newSentMemory(limit int) sentMemory {
	return sentMemory{limit: limit, keys: map[int64][]uint64{}, blurred: map[int64]struct{}{}, blurLimit: maxBlurred}
}

// remember adds the series sent in the bucket that starts at start. It keeps
// keys. At the bound the keys of the oldest buckets fall out.
func (m *sentMemory) remember(start int64, keys []uint64) {
	if len(keys) == 0 || m.blurry(start) {
		return
	}
	before := len(m.keys[start])
	all := append(keys, m.keys[start]...)
	slices.Sort(all)
	all = slices.Clip(slices.Compact(all))
	m.keys[start] = all
	m.entries += len(all) - before
	for m.entries > m.limit {
		m.blur(oldest(m.keys))
	}
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

func (m *sentMemory) drop(start int64) {
	m.entries -= len(m.keys[start])
	delete(m.keys, start)
}

// knows reports whether something may have been sent in a bucket before.
func (m *sentMemory) knows(start int64) bool {
	return m.keys[start] != nil || m.blurry(start)
}

// sent reports whether a series was, or may have been, sent in a bucket.
func (m *sentMemory) sent(start int64, key uint64) bool {
	if m.blurry(start) {
		return true
	}
	_, ok := slices.BinarySearch(m.keys[start], key)
	return ok
}

func (m *sentMemory) blurry(start int64) bool {
	_, ok := m.blurred[start]
	return ok || m.forgetting && start <= m.forgotten
}

// forgetBefore drops the buckets that are older than points may be, except those
// that are needed.
func (m *sentMemory) forgetBefore(unix int64, needed func(start int64) bool) {
	for start := range m.keys {
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
	for start := range m.keys {
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
