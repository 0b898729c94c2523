package flush

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// remembers is what the flusher does when it gives a bucket up.
func (m *sentMemory) remembers(start int64, keys ...uint64) {
	s := m.begin()
	for _, key := range keys {
		s.add(key)
	}
	m.remember(start, s)
}

func TestTheMemoryOfWhatWasSent(t *testing.T) {
	m := newSentMemory(5 + 2*bucketEntries)
	m.remembers(10, 3, 3, 1)
	m.remembers(20, 2)
	m.remembers(10, 1, 2)
	assert.Equal(t, 4+2*bucketEntries, m.entries)
	for key := range uint64(5) {
		assert.Equal(t, 1 <= key && key <= 3, m.sent(10, key), "%d", key)
		assert.Equal(t, key == 2, m.sent(20, key), "%d", key)
	}
	assert.False(t, m.knows(0))
	m.remembers(30)
	assert.False(t, m.knows(30), "nothing was sent in it")

	m.remembers(30, 1, 2)
	assert.Equal(t, 3+2*bucketEntries, m.entries, "the oldest has made room")
	assert.True(t, m.sent(10, 99), "any series may have been sent in it")
	assert.False(t, m.sent(0, 1), "but nothing in one that was never remembered")
	m.remembers(10, 1)
	assert.Equal(t, 3+2*bucketEntries, m.entries, "it is not begun anew")
}

func TestTheMemoryForgetsByAgeAndKeepsWhatIsNeeded(t *testing.T) {
	m := newSentMemory(100)
	for start := int64(0); start < 60; start += 10 {
		m.remembers(start, 1)
	}
	m.forgetBefore(50, func(start int64) bool { return start == 10 || start == 40 })
	assert.Equal(t, []bool{false, true, false, false, true, true},
		[]bool{m.knows(0), m.knows(10), m.knows(20), m.knows(30), m.knows(40), m.knows(50)})
	assert.Equal(t, 1+3*bucketEntries, m.entries)
}

// Without an accepted age only the bounds hold: what is beyond both is unknown.
func TestTheMemoryIsBoundedWithoutAnAge(t *testing.T) {
	m := newSentMemory(1 + 3*bucketEntries)
	m.blurLimit = 4
	for start := int64(0); start < 1000; start += 10 {
		m.remembers(start, 1)
	}
	assert.Len(t, m.lists, 3)
	assert.Len(t, m.blurred, 4)
	assert.True(t, m.sent(920, 2), "the latest beyond both")
	assert.True(t, m.sent(-10, 2))
	assert.True(t, m.sent(930, 2))
	assert.False(t, m.sent(970, 2))
	assert.False(t, m.sent(1000, 1))
}

// The memory of 100,000 series that are in each of 100 buckets is that of one list.
func TestBucketsOfTheSameSeriesShareTheirMemory(t *testing.T) {
	m := newSentMemory(1000)
	keys := []uint64{5, 3, 9, 1}
	for start := range int64(10) {
		m.remembers(start, keys...)
	}
	assert.Equal(t, len(keys)+10*bucketEntries, m.entries)
	m.remembers(10, keys[:3]...)
	m.remembers(11, append(keys[:3:3], 7)...)
	assert.Equal(t, 4+3+4+12*bucketEntries, m.entries)
	for start := range int64(12) {
		assert.True(t, m.sent(start, 9))
		assert.Equal(t, start < 10, m.sent(start, 1), "%d", start)
		assert.Equal(t, start == 11, m.sent(start, 7), "%d", start)
	}
	m.forgetBefore(100, func(int64) bool { return false })
	assert.Zero(t, m.entries)
	m.remembers(20, 1, 2)
	assert.True(t, m.sent(20, 2))
}

// Whatever is remembered and forgotten in whatever order, the memory says what a set
// of each bucket would.
func TestTheMemoryIsASetOfEachBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newSentMemory(1 << 20)
		want := map[int64][]uint64{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			start := rapid.Int64Range(0, 7).Draw(t, "start")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				m.drop(start)
				delete(want, start)
			case 1:
				key := rapid.Uint64Range(0, 5).Draw(t, "key")
				assert.Equal(t, slices.Contains(want[start], key), m.sent(start, key))
			default:
				keys := rapid.SliceOfN(rapid.Uint64Range(0, 5), 0, 6).Draw(t, "keys")
				m.remembers(start, keys...)
				if len(keys) > 0 {
					want[start] = append(slices.Clone(keys), want[start]...)
				}
			}
		}
		entries, lists := 0, map[*keyList]bool{}
		for start := range int64(8) {
			assert.Equal(t, want[start] != nil, m.knows(start))
			for key := range uint64(7) {
				assert.Equal(t, slices.Contains(want[start], key), m.sent(start, key), "%d in %d", key, start)
			}
			if list := m.lists[start]; list != nil {
				entries += bucketEntries
				if !lists[list] {
					lists[list] = true
					entries += len(list.keys)
				}
			}
		}
		assert.Equal(t, entries, m.entries)
	})
}
