package latency

import (
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/peers"
)

// Samples are what one or more goroutines have measured.
type Samples struct {
	Submit Histogram // the clock read, a submission, the clock read
	Timer  Histogram // the same with nothing between
	Floor  Histogram // the same with uncontended atomic adds between, for as long as a submission takes
}

// Merge adds what o has measured.
func (s *Samples) Merge(o *Samples) {
	s.Submit.Merge(&o.Submit)
	s.Timer.Merge(&o.Timer)
	s.Floor.Merge(&o.Floor)
}

// epoch is what the clock counts from. Time since a time with a monotonic reading is
// one call of the runtime's nanosecond clock and a subtraction.
var epoch = time.Now()

func now() int64 { return int64(time.Since(epoch)) }

// nothing is called as a submission is, and does nothing.
func nothing(n int) {
	for range n {
	}
}

const (
	submitsPerTimer = 4  // times of the timer and of the floor are needed to the same percentile, not as often
	betweenChecks   = 32 // groups, between two looks at whether it is time to end
)

// clockStep returns the smallest step that the clock was seen to make, in
// nanoseconds.
func clockStep() int64 {
	least := int64(1 << 40)
	for range 1000 {
		start := now()
		at := start
		for at == start {
			at = now()
		}
		least = min(least, at-start)
	}
	return least
}

// asLong returns how many calls of an atomic add take about as long as a submission
// does at the median: what interrupts the machine meets long operations more often
// than short ones.
func asLong(submit, add peers.Submit) int {
	const tries = 500
	var h Histogram
	for range tries {
		start := now()
		submit(1)
		h.Record(now() - start)
	}
	start := now()
	timer := peers.Submit(nothing)
	for range tries {
		before := now()
		timer(1)
		_ = now() - before
	}
	timed := (now() - start) / tries / 2 // of each pair of readings, one is within the time
	start = now()
	add(100 * tries)
	each := float64(now()-start) / (100 * tries)
	return max(1, int(float64(h.Quantile(0.5)-timed)/each))
}

// probe times single submissions until ended says so, and beside them the timer and
// so many atomic adds.
func probe(submit peers.Submit, adds int, ended func(now int64) bool) *Samples {
	s := new(Samples)
	timer, floor := peers.Submit(nothing), peers.Unit()
	for at := int64(0); at == 0 || !ended(at); { // once at least
		for range betweenChecks {
			for range submitsPerTimer {
				start := now()
				submit(1)
				at = now()
				s.Submit.Record(at - start)
			}
			start := now()
			timer(1)
			at = now()
			s.Timer.Record(at - start)
			start = now()
			floor(adds)
			at = now()
			s.Floor.Record(at - start)
		}
	}
	return s
}

// flushes counts what the flusher of a round has done.
type flushes struct {
	done atomic.Int64
	ns   atomic.Int64
	err  error // read after the flusher has ended
}

// run touches all series and flushes them, with pauses after it, until stop is
// closed. Only the flush is timed.
func (f *flushes) run(touch func(), flush func() error, pause time.Duration, stop <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		touch()
		start := now()
		if f.err = flush(); f.err != nil {
			return
		}
		f.ns.Add(now() - start)
		f.done.Add(1)
		if pause == 0 {
			select {
			case <-stop:
				return
			default:
				continue
			}
		}
		timer.Reset(pause)
		select {
		case <-stop:
			return
		case <-timer.C:
		}
	}
}
