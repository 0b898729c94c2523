package stats

import (
	"cmp"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
	"weak"
)

// How a series ends, and when its id may be given to another.
//
//  1. Idle for longer than WithIdleExpiry, it is unlinked: its spellings leave
//     the table, and the registry keeps only a weak pointer to it. A submitter
//     that found it before may still add to its cells, which are drained as
//     ever.
//  2. Once the weak pointer is empty, no submitter holds it: each keeps the
//     series alive until after its last write.
//  3. The next drain takes what the last of them left. Buckets made until then
//     may hold the id.
//  4. When the flusher has let go of those buckets, the id is free.
//
// A series that comes back before that goes on under its id.

// Sweep implements [flush.Catalog].
func (r *registry) Sweep(now time.Time, newest, oldest uint64) (complaints []error) {
	r.settle(newest, oldest)
	r.expire(now)
	r.forceGrace(now)
	r.tidy()

	r.mu.Lock()
	defer r.mu.Unlock()
	complaints, r.complaints = r.complaints, nil
	return complaints
}

// settle moves the unlinked series one step on, and frees the ids of those at
// the end of the way. It is called after a drain.
func (r *registry) settle(newest, oldest uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	still := r.unlinked[:0]
	for _, rec := range r.unlinked {
		switch rec.state {
		case linked: // it came back
			continue
		case unlinked:
			if rec.weak.Value() == nil {
				rec.state = unreachable
			} else if r.core.store.LastTouched(rec.info.ID) > rec.unlinkedAt {
				r.relink(rec, r.core.store.LastTouched(rec.info.ID)) // through a handle
				continue
			}
		case unreachable:
			rec.state, rec.retiredAt = retired, newest
		case retired:
			if oldest > rec.retiredAt {
				r.forget(rec)
				continue
			}
		}
		still = append(still, rec)
	}
	clear(r.unlinked[len(still):])
	r.unlinked = still
}

// forget frees the id of rec. Under r.mu.
func (r *registry) forget(rec *record) {
	delete(r.records, rec.key)
	if use := r.names[rec.info.Name()]; use != nil {
		if use.series--; use.series == 0 {
			delete(r.names, rec.info.Name())
		}
	}
	r.core.store.Free(rec.info.ID)
}

// expire unlinks idle series, and lists those that may have to give up their
// place.
func (r *registry) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	unix := now.Unix()
	limit := r.core.cfg.seriesLimit
	crowded := r.live*10 >= limit*9
	every := int64(r.core.cfg.idleExpiry/time.Second) / 8
	r.idle = r.idle[:0]
	if !crowded && unix >= r.lastExpiry && unix-r.lastExpiry < every {
		return
	}
	r.lastExpiry = unix
	deadline := unix - int64(r.core.cfg.idleExpiry/time.Second)
	for _, rec := range r.records {
		if rec.link == nil || rec.overflow {
			continue
		}
		touched := r.touched(rec)
		switch {
		case touched <= deadline && r.mayUnlink():
			r.unlink(rec, unix)
		case crowded && touched < unix && len(r.idle) < limit/8+16:
			r.idle = append(r.idle, rec)
		}
	}
	slices.SortFunc(r.idle, func(a, b *record) int { return cmp.Compare(r.touched(b), r.touched(a)) })
}

// touched returns when rec was last known to be in use, in Unix seconds.
func (r *registry) touched(rec *record) int64 {
	return max(rec.since, r.core.store.LastTouched(rec.info.ID))
}

// mayUnlink bounds the series that are neither live nor gone.
func (r *registry) mayUnlink() bool { return len(r.unlinked) < 2*r.core.cfg.seriesLimit }

// unlink takes the spellings of rec out of the table. Under r.mu.
func (r *registry) unlink(rec *record, now int64) {
	for _, sp := range rec.spellings {
		r.removeSpelling(sp)
	}
	rec.spellings = nil
	rec.weak = weak.Make(rec.link)
	rec.link = nil
	rec.state, rec.unlinkedAt = unlinked, now
	r.live--
	r.unlinked = append(r.unlinked, rec)
}

// evict unlinks the series that has been idle longest, if one has been idle
// since the last drain. Under r.mu.
func (r *registry) evict(now int64) bool {
	for n := len(r.idle); n > 0; n-- {
		rec := r.idle[n-1]
		r.idle = r.idle[:n-1]
		if rec.link != nil && r.mayUnlink() {
			r.unlink(rec, now)
			return true
		}
	}
	return false
}

// graceWait is how long the flusher waits for a garbage collection, which
// empties the weak pointers, before it makes one happen.
const graceWait = 2 * time.Minute

// forceGrace makes a garbage collection happen if the unlinked series have
// reached their bound and none has completed for long (GOGC=off): at most once
// per idle expiry.
func (r *registry) forceGrace(now time.Time) {
	r.mu.Lock()
	full := !r.mayUnlink()
	r.mu.Unlock()
	if !full {
		r.cyclesAt = time.Time{}
		return
	}
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	if n := sample[0].Value.Uint64(); n != r.cycles || r.cyclesAt.IsZero() {
		r.cycles, r.cyclesAt = n, now
		return
	}
	if now.Sub(r.cyclesAt) < graceWait || now.Sub(r.forced) < r.core.cfg.idleExpiry {
		return
	}
	r.forced = now
	r.forcedGrace.Add(1)
	runtime.GC()
}
