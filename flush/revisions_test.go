package flush

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRevisions(t *testing.T) {
	r := newRevisions()
	assert.True(t, r.empty())
	assert.Zero(t, r.newest(1, 10))

	r.note(1, 10, 1)
	r.note(1, 10, 3)
	r.note(1, 10, 2) // out of order: the newest stays
	r.note(2, 10, 1)
	r.note(1, 20, 1)
	assert.EqualValues(t, 3, r.newest(1, 10))
	assert.EqualValues(t, 1, r.newest(2, 10))
	assert.Zero(t, r.newest(3, 10))

	r.forget(10)
	assert.Zero(t, r.newest(1, 10))
	assert.EqualValues(t, 1, r.newest(1, 20), "another bucket")
	r.forget(20)
	r.forget(30)
	assert.True(t, r.empty(), "everything is forgotten")
}

func TestRevisionsConcurrentSafe(t *testing.T) {
	r := newRevisions()
	var wg sync.WaitGroup
	for g := range uint64(3) {
		wg.Go(func() {
			last := uint32(0)
			for range 2000 {
				rev := r.newest(g, 10)
				assert.GreaterOrEqual(t, rev, last, "a revision never goes back")
				last = rev
			}
		})
	}
	for rev := range uint32(500) {
		for g := range uint64(3) {
			r.note(g, 10, rev+1)
		}
	}
	wg.Wait()
	assert.EqualValues(t, 500, r.newest(2, 10))
}
