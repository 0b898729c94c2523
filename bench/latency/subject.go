package latency

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/shardstats/shardstats/bench/child"
	"github.com/shardstats/shardstats/bench/peers"
)

// Way is how a submission finds its series.
type Way string

// The two ways.
const (
	ByName Way = "by name" // name and three tags, kept by the caller
	Bound  Way = "bound"   // a handle
)

// State is what goes on beside the submissions.
type State string

// The states, in the order of the tables.
const (
	Quiet      State = "no flush"
	Paced      State = "flushes, pauses between"
	BackToBack State = "flushes without pause"
)

// Turn is what a library is asked to do at its turn.
type Turn struct {
	Library    string
	Series     int
	Way        Way
	State      State
	Goroutines int
	Length     time.Duration
	Pause      time.Duration // between flushes, when Paced
}

// Measured is what came of a turn.
type Measured struct {
	Samples *Samples // nil if the library has no such way
	NS      int64    // how long it took, to the end of the last flush
	Flushes int64
	FlushNS int64 // all of them together
}

const childName = "latency"

// ChildMain ends a process that [Run] started, when it has had its last turn. Every
// program that calls Run calls it first of all, with the same libraries, before
// flags are read. In any other process it does nothing.
func ChildMain(libraries []peers.Library) {
	s := subject{libraries: libraries}
	child.Serve(childName, s.turn)
}

// subject is a library with its series, in a process of its own.
type subject struct {
	libraries []peers.Library
	session   *peers.Session
	submits   map[Way][]peers.Submit // one for each goroutine
	touch     peers.Submit           // the flusher's own
}

// maxGoroutines have a Submit each.
const maxGoroutines = 8

// open makes the library of a turn and lets it meet its series.
func (s *subject) open(t Turn) error {
	for _, l := range s.libraries {
		if l.Name != t.Library {
			continue
		}
		session, err := l.New(io.Discard)
		if err != nil {
			return fmt.Errorf("latency: %s: %w", l.Name, err)
		}
		s.session, s.submits = session, map[Way][]peers.Submit{}
		all := peers.NewSeriesSet(t.Series)
		for g := range maxGoroutines {
			over := peers.Over{Series: all, Start: g * t.Series / maxGoroutines}
			if session.Count == nil {
				return fmt.Errorf("latency: %s takes no names", l.Name)
			}
			s.submits[ByName] = append(s.submits[ByName], session.Count(peers.Kept, over))
			if session.Counters != nil {
				s.submits[Bound] = append(s.submits[Bound], session.Counters(over))
			}
		}
		if session.Counters != nil {
			s.touch = session.Counters(peers.Over{Series: all})
		} else {
			s.touch = session.Count(peers.Kept, peers.Over{Series: all})
		}
		// Some intervals, in which both processors meet each series, so that nothing
		// is seen for the first time in a turn.
		for range 4 {
			for _, submits := range s.submits {
				var wg sync.WaitGroup
				for g := range 2 {
					wg.Go(func() { submits[g](t.Series) })
				}
				wg.Wait()
			}
			if err := session.Flush(); err != nil {
				return fmt.Errorf("latency: %s: flush: %w", l.Name, err)
			}
		}
		return nil
	}
	return fmt.Errorf("latency: no library %q", t.Library)
}

func (t Turn) check() error {
	switch {
	case t.Goroutines < 1 || t.Goroutines > maxGoroutines:
		return fmt.Errorf("latency: %d goroutines: give 1 to %d", t.Goroutines, maxGoroutines)
	case t.Series < 1:
		return fmt.Errorf("latency: %d series: give 1 or more", t.Series)
	case t.State != Quiet && t.State != Paced && t.State != BackToBack:
		return fmt.Errorf("latency: state %q: give %q, %q or %q", t.State, Quiet, Paced, BackToBack)
	}
	return nil
}

// leastFlushes are in each turn that has any, though it takes longer for it: up to
// longest times its length.
const (
	leastFlushes = 1
	longest      = 10
)

// turn measures once.
func (s *subject) turn(t Turn) (m Measured, err error) {
	if err := t.check(); err != nil {
		return m, err
	}
	if s.session == nil {
		if err := s.open(t); err != nil {
			return m, err
		}
	}
	submits := s.submits[t.Way]
	if submits == nil {
		return m, nil
	}
	runtime.GC() // each turn starts alike: nothing to collect, and warm caches
	for g := range t.Goroutines {
		submits[g](t.Series / 8)
	}
	adds := asLong(submits[0], peers.Unit())

	var f flushes
	var flusher, submitters sync.WaitGroup
	stop := make(chan struct{})
	if t.State != Quiet {
		pause := time.Duration(0)
		if t.State == Paced {
			pause = t.Pause
		}
		touch := func() { s.touch(t.Series) }
		flusher.Go(func() { f.run(touch, s.session.Flush, pause, stop) })
	}
	start := now()
	until, latest := start+int64(t.Length), start+longest*int64(t.Length)
	ended := func(at int64) bool {
		return at >= latest || at >= until && (t.State == Quiet || f.done.Load() >= leastFlushes)
	}
	each := make([]*Samples, t.Goroutines)
	for g := range each {
		submitters.Go(func() { each[g] = probe(submits[g], adds, ended) })
	}
	submitters.Wait()
	close(stop)
	flusher.Wait()
	took := now() - start
	if f.err != nil {
		return m, fmt.Errorf("latency: %s: flush: %w", t.Library, f.err)
	}
	m = Measured{Samples: each[0], NS: took, Flushes: f.done.Load(), FlushNS: f.ns.Load()}
	for _, more := range each[1:] {
		m.Samples.Merge(more)
	}
	return m, nil
}
