package flush

import (
	"sync"
	"sync/atomic"
)

// revisions knows the newest revision handed out of each (series, bucket) of one
// view. The flusher writes it, senders ask right before an attempt whether what
// they hold has been replaced. All methods may be called concurrently.
//
// Revision 0 needs no note, so that a process without late points pays nothing:
// the table stays empty and newest answers without the lock.
type revisions struct {
	noted   atomic.Int64 // units in buckets
	mu      sync.RWMutex
	buckets map[int64]map[uint64]uint32 // by start of the bucket, then series
}

func newRevisions() *revisions {
	return &revisions{buckets: make(map[int64]map[uint64]uint32)}
}

// note says that revision rev of a unit is being handed out. An older revision
// than the one noted changes nothing.
func (r *revisions) note(series uint64, unix int64, rev uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[unix]
	if b == nil {
		b = make(map[uint64]uint32)
		r.buckets[unix] = b
	}
	old, known := b[series]
	if !known {
		r.noted.Add(1)
	}
	b[series] = max(old, rev)
}

// newest returns the newest revision noted, 0 if there is none.
func (r *revisions) newest(series uint64, unix int64) uint32 {
	if r.empty() {
		return 0
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.buckets[unix][series]
}

// empty reports whether nothing is noted.
func (r *revisions) empty() bool { return r.noted.Load() == 0 }

// forget drops what is noted of a bucket that will get no further revision.
// What is still queued of it leaves in the order of its revisions.
func (r *revisions) forget(unix int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noted.Add(-int64(len(r.buckets[unix])))
	delete(r.buckets, unix)
}
