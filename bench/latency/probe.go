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
	Floor  Histogram // the same with an uncontended atomic add between
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

// probe times single submissions until ended says so.
func probe(submit peers.Submit, ended func(now int64) bool) *Samples {
	s := new(Samples)
	timer, floor := peers.Submit(nothing), peers.Unit()
	at := now()
	for !ended(at) {
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
			floor(1)
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

// run flushes, with pauses between, until stop is closed.
func (f *flushes) run(flush func() error, pause time.Duration, stop <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
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
