package e2e

import (
	"slices"
	"sync"
)

// journal is what the servers of one test saw, in the order in which they saw it.
type journal struct {
	mu      sync.Mutex
	entries []string
	changed chan struct{} // closed and replaced with each entry
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) add(entry string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
	close(j.changed)
	j.changed = make(chan struct{})
}

// all returns a copy, and a channel that is closed at the next entry.
func (j *journal) all() ([]string, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries), j.changed
}

// count returns how often entry was added.
func (j *journal) count(entry string) int {
	entries, _ := j.all()
	n := 0
	for _, e := range entries {
		if e == entry {
			n++
		}
	}
	return n
}
