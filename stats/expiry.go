package stats

import (
	"cmp"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
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
	for _, ghost := range r.unlinked {
		switch gone := ghost.gone(); gone.state {
		case cameBack:
			continue
		case unlinked:
			if s := gone.weak.Value(); s == nil {
				gone.state = unreachable
			} else if touched := r.core.store.LastTouched(ghost.ID); touched > gone.unlinkedAt {
				r.relink(ghost, s, touched) // through a handle
				continue
			}
		case unreachable:
			gone.state, gone.retiredAt = retired, newest
		case retired:
			if oldest > gone.retiredAt {
				r.forget(ghost)
				continue
			}
		}
		still = append(still, ghost)
	}
	clear(r.unlinked[len(still):])
	r.unlinked = still
}

// forget frees the id of a ghost. Under r.mu.
func (r *registry) forget(ghost *series) {
	r.index.remove(ghost.Key, ghost.ID)
	r.place(ghost.ID).Store(nil)
	r.uncountName(ghost.Name())
	r.core.store.Free(ghost.ID)
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
	clear(r.idle)
	r.idle = r.idle[:0]
	if !crowded && unix >= r.lastExpiry && unix-r.lastExpiry < every {
		return
	}
	r.lastExpiry = unix
	deadline := unix - int64(r.core.cfg.idleExpiry/time.Second)
	r.each(func(s *series) {
		if !s.live() {
			return
		}
		touched := r.touched(s)
		switch {
		case touched <= deadline && r.mayUnlink():
			r.unlink(s, unix)
		case crowded && touched < unix && len(r.idle) < limit/8+16:
			r.idle = append(r.idle, s)
		}
	})
	slices.SortFunc(r.idle, func(a, b *series) int { return cmp.Compare(r.touched(b), r.touched(a)) })
}

// touched returns when s was last known to be in use, in Unix seconds.
func (r *registry) touched(s *series) int64 {
	return max(int64(s.Mark), r.core.store.LastTouched(s.ID))
}

// mayUnlink bounds the series that are neither live nor gone.
func (r *registry) mayUnlink() bool { return len(r.unlinked) < 2*r.core.cfg.seriesLimit }

// unlink takes the spellings of s out of the table, and leaves a ghost in the place
// of s. Under r.mu.
func (r *registry) unlink(s *series, now int64) {
	r.removeSpelling(s)
	for _, alias := range r.aliases[s.ID] {
		r.removeSpelling(alias)
	}
	delete(r.aliases, s.ID)
	ghost := s.ghost(now)
	r.publish(ghost)
	r.live--
	r.unlinked = append(r.unlinked, ghost)
}

// evict unlinks the series that has been idle longest, if one has been idle
// since the last drain. Under r.mu.
func (r *registry) evict(now int64) bool {
	for n := len(r.idle); n > 0; n-- {
		s := r.idle[n-1]
		r.idle[n-1] = nil
		r.idle = r.idle[:n-1]
		if r.at(s.ID) == s && r.mayUnlink() {
			r.unlink(s, now)
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
