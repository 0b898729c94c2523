package peers

import (
	"runtime"
	"sync/atomic"
	"time"
)

// meeting brings goroutines to where they run at the same time, each on a processor:
// the kernel may have put two threads onto one, and then what is measured is how it
// shares it out. They hand a word around. Between processors that takes some hundred
// nanoseconds; on one, or beside a busy neighbour, a time slice.
type meeting struct {
	of      int
	turn    atomic.Int64 // whose turn it is, by its rest
	verdict atomic.Int64 // 2 for each series that has ended, and 1 if all may go
	over    atomic.Bool  // somebody has waited too long: all go
}

const (
	handovers = 5 // of each goroutine, in one series
	// quick is the longest time of a series on two processors; after slow, the meeting
	// is over in spite of it: the machine has no two processors to give.
	quick = 50 * time.Microsecond
	slow  = 10 * time.Millisecond
)

// attend returns when all have met. Each of the goroutines calls it once, with
// another i.
func (m *meeting) attend(i int) {
	if runtime.GOMAXPROCS(0) < m.of {
		return // they cannot
	}
	first := time.Now()
	for series := int64(1); ; series++ {
		begun := time.Now()
		for range handovers {
			if !m.wait(first, func() bool { return m.turn.Load()%int64(m.of) == int64(i) }) {
				return
			}
			m.turn.Add(1)
		}
		if i == 0 {
			said := 2 * series
			if time.Since(begun) < quick && series > 1 {
				said++
			}
			m.verdict.Store(said)
		}
		if !m.wait(first, func() bool { return m.verdict.Load() >= 2*series }) || m.verdict.Load() == 2*series+1 {
			return
		}
	}
}

// wait spins until done, and reports whether the meeting goes on.
func (m *meeting) wait(first time.Time, done func() bool) bool {
	for spins := 1; !done(); spins++ {
		if spins%256 == 0 && time.Since(first) > slow {
			m.over.Store(true)
		}
		if m.over.Load() {
			return false
		}
	}
	return true
}
