package flush

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheMemoryOfWhatWasSent(t *testing.T) {
	m := newSentMemory(5)
	m.remember(10, []uint64{3, 1, 3})
	m.remember(20, []uint64{2})
	m.remember(10, []uint64{1, 2})
	assert.Equal(t, 4, m.entries)
	for key := range uint64(5) {
		assert.Equal(t, 1 <= key && key <= 3, m.sent(10, key), "%d", key)
		assert.Equal(t, key == 2, m.sent(20, key), "%d", key)
	}
	assert.False(t, m.knows(0))
	m.remember(30, nil)
	assert.False(t, m.knows(30), "nothing was sent in it")

	m.remember(30, []uint64{1, 2})
	assert.Equal(t, 3, m.entries, "the oldest has made room")
	assert.True(t, m.sent(10, 99), "any series may have been sent in it")
	assert.False(t, m.sent(0, 1), "but nothing in one that was never remembered")
	m.remember(10, []uint64{1})
	assert.Equal(t, 3, m.entries, "it is not begun anew")
}

func TestTheMemoryForgetsByAgeAndKeepsWhatIsNeeded(t *testing.T) {
	m := newSentMemory(2)
	for start := int64(0); start < 60; start += 10 {
		m.remember(start, []uint64{1})
	}
	m.forgetBefore(50, func(start int64) bool { return start == 10 || start == 40 })
	assert.Equal(t, []bool{false, true, false, false, true, true},
		[]bool{m.knows(0), m.knows(10), m.knows(20), m.knows(30), m.knows(40), m.knows(50)})
	assert.Equal(t, 2, m.entries)
}

// Without an accepted age only the bounds hold: what is beyond both is unknown.
func TestTheMemoryIsBoundedWithoutAnAge(t *testing.T) {
	m := newSentMemory(3)
	m.blurLimit = 4
	for start := int64(0); start < 1000; start += 10 {
		m.remember(start, []uint64{1})
	}
	assert.Len(t, m.keys, 3)
	assert.Len(t, m.blurred, 4)
	assert.True(t, m.sent(920, 2), "the latest beyond both")
	assert.True(t, m.sent(-10, 2))
	assert.True(t, m.sent(930, 2))
	assert.False(t, m.sent(970, 2))
	assert.False(t, m.sent(1000, 1))
}
