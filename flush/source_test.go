package flush_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shardstats/shardstats/shard"
)

// source is a store that holds what a test puts into it. It fails the test if it
// is used by two at once, or drained after Stop.
type source struct {
	t    *testing.T
	busy atomic.Bool

	mu      sync.Mutex
	clock   func() time.Time
	gen     shard.Generation
	now     []func(shard.Visitor)           // counters, gauges, sets, the logs: for the next drain
	logs    []shard.Timed                   // for the next drain of the logs
	banks   map[shard.Generation][]observed // by the generation they were observed in
	held    []*holding
	swaps   []time.Time
	drains  int
	stopped bool
}

// observed is a bank.
type observed struct {
	id shard.ID
	o  shard.Observations
}

// holding is a bank that a submitter holds until free is set.
type holding struct {
	gen  shard.Generation
	bank observed
	free bool
}

func newSource(t *testing.T, clock func() time.Time) *source {
	return &source{t: t, clock: clock, gen: 1, banks: map[shard.Generation][]observed{}}
}

// alone locks the source for one call of the flusher.
func (s *source) alone() (done func()) {
	if s.busy.Swap(true) {
		s.t.Error("two goroutines use the source at once")
	}
	s.mu.Lock()
	return func() {
		s.mu.Unlock()
		s.busy.Store(false)
	}
}

// Swap implements [flush.Source].
func (s *source) Swap() shard.Generation {
	defer s.alone()()
	s.gen++
	s.swaps = append(s.swaps, s.clock())
	return s.gen - 1
}

// Drain implements [flush.Source].
func (s *source) Drain(_ int64, v shard.Visitor) {
	defer s.alone()()
	if s.stopped {
		s.t.Error("a drain after Stop would take the poison for content")
	}
	s.drain(v)
}

// DrainTimed implements [flush.Source].
func (s *source) DrainTimed(_ int64, v shard.Visitor) {
	defer s.alone()()
	s.drainLogs(v)
}

// DrainHeld implements [flush.Source].
func (s *source) DrainHeld(_ int64, v shard.Visitor) int {
	defer s.alone()()
	return s.drainHeld(v)
}

// Stop implements [flush.Source].
func (s *source) Stop(_ int64, v shard.Visitor) {
	defer s.alone()()
	s.stopped = true
	s.gen++
	s.drain(v)
}

func (s *source) drain(v shard.Visitor) {
	s.drains++
	for _, visit := range s.now {
		visit(v)
	}
	s.now = s.now[:0]
	for gen, banks := range s.banks {
		if gen < s.gen {
			for _, b := range banks {
				v.Observations(b.id, gen, &b.o)
			}
			delete(s.banks, gen)
		}
	}
	s.drainLogs(v)
	s.drainHeld(v)
}

func (s *source) drainLogs(v shard.Visitor) {
	for _, r := range s.logs {
		v.Timed(&r)
	}
	s.logs = s.logs[:0]
}

func (s *source) drainHeld(v shard.Visitor) int {
	still := s.held[:0]
	for _, h := range s.held {
		if h.free && h.gen < s.gen {
			v.Observations(h.bank.id, h.gen, &h.bank.o)
		} else {
			still = append(still, h)
		}
	}
	s.held = still
	waiting := 0
	for _, h := range s.held {
		if h.gen < s.gen {
			waiting++
		}
	}
	return waiting
}

// count, gauge, member, observe, values and at are submissions.

func (s *source) count(id shard.ID, n int64) { s.countBoth(id, n, 0) }

func (s *source) countBoth(id shard.ID, n int64, f float64) {
	s.submit(func(v shard.Visitor) { v.Count(id, n, f) })
}

func (s *source) gauge(id shard.ID, value float64) {
	s.submit(func(v shard.Visitor) { v.Gauge(id, value) })
}

func (s *source) member(id shard.ID, members ...string) {
	s.submit(func(v shard.Visitor) {
		for _, m := range members {
			v.Member(id, m)
		}
	})
}

func (s *source) submit(visit func(shard.Visitor)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = append(s.now, visit)
}

func (s *source) observe(id shard.ID, values ...float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.banks[s.gen] = append(s.banks[s.gen], observed{id, bankOf(values)})
}

// hold observes values in a bank that is held until the returned function is
// called.
func (s *source) hold(id shard.ID, values ...float64) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &holding{gen: s.gen, bank: observed{id, bankOf(values)}}
	s.held = append(s.held, h)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		h.free = true
	}
}

// at submits with a timestamp.
func (s *source) at(unix int64, r shard.Timed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.UnixSec = unix
	s.logs = append(s.logs, r)
}

func bankOf(values []float64) shard.Observations {
	o := shard.Observations{Count: uint64(len(values)), Min: values[0], Max: values[0], Samples: values, Sampled: uint64(len(values))}
	for _, v := range values {
		o.Sum += v
		o.Min, o.Max = min(o.Min, v), max(o.Max, v)
	}
	return o
}

func (s *source) swapTimes() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.swaps...)
}

func (s *source) drained() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drains
}
