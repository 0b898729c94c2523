package flush

import (
	"slices"
	"sync"
)

// holds counts, for each bucket, the batches on their way with points of it for
// backends that overwrite. While there is one, the bucket is kept: a late point
// makes a newer revision, and without the bucket it would be a part that replaces
// the whole. Senders give holds back, so it has a lock of its own.
type holds struct {
	mu      sync.Mutex
	batches map[int64]int // by start of the bucket
}

func newHolds() *holds { return &holds{batches: map[int64]int{}} }

// take notes that h has points of the bucket that starts at start.
func (o *holds) take(h *handout, start int64) {
	if slices.Contains(h.holds, start) {
		return
	}
	h.holds = append(h.holds, start)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.batches[start]++
}

// giveBack lets go of all that h holds.
func (o *holds) giveBack(h *handout) {
	if len(h.holds) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, start := range h.holds {
		if o.batches[start]--; o.batches[start] == 0 {
			delete(o.batches, start)
		}
	}
	h.holds = h.holds[:0]
}

// has reports whether a batch on its way has points of a bucket.
func (o *holds) has(start int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.batches[start] > 0
}
