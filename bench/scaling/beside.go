package scaling

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/latency"
)

// Beside is what a submitter on one processor saw while a flush of all series went on
// on another, and while none did.
type Beside struct {
	Wire   Wire
	Series int
	Flush  []float64 // ns of a flush, by round
	// P999 are the quantiles 0.999 of single submissions in ns, the clock's own time
	// in them, by round: beside a flush, and before it for as long.
	P999During, P999Without []float64
	During, Without         latency.Histogram // of all rounds
}

// BesideGoalNS is the longest time for a flush of BesideSeries.
const (
	BesideSeries = 1_000_000
	BesideGoalNS = 1.5e9
)

// state is what goes on while a submission is timed.
type state int

const (
	without state = iota
	during
	states
)

// MeasureBeside times one-shot submissions while all of so many series are flushed,
// and as long without.
func MeasureBeside(wire Wire, series, rounds int) (b *Beside, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	m, err := newMeter(wire, series, 2)
	if err != nil {
		return nil, err
	}
	defer m.close(&err)
	b = &Beside{Wire: wire, Series: series}
	var times [states]latency.Histogram
	var stop atomic.Bool
	next, stopped := make(chan state), make(chan struct{}) // ours to close; the submitter's to send on
	var wg sync.WaitGroup
	wg.Go(func() {
		for is := range next {
			for !stop.Load() {
				start := time.Now()
				m.client.Increment("beside.counter", "route:users", "method:GET", "status:200")
				times[is].Record(int64(time.Since(start)))
			}
			stopped <- struct{}{}
		}
	})
	defer wg.Wait()
	defer close(next)
	// submit has submissions timed for a state while f runs.
	submit := func(is state, f func()) {
		stop.Store(false)
		next <- is
		f()
		stop.Store(true)
		<-stopped
	}

	const settle = 2
	last := 100 * time.Millisecond
	for round := range settle + rounds {
		times = [states]latency.Histogram{}
		submit(without, func() { <-time.After(last) })
		m.herd.touch(1)
		m.clock.next()
		var err error
		submit(during, func() {
			start := time.Now()
			err = m.client.Flush(context.Background())
			last = time.Since(start)
		})
		if err != nil {
			return nil, err
		}
		if round < settle {
			continue
		}
		b.Flush = append(b.Flush, float64(last))
		b.P999During = append(b.P999During, float64(times[during].Quantile(0.999)))
		b.P999Without = append(b.P999Without, float64(times[without].Quantile(0.999)))
		b.During.Merge(&times[during])
		b.Without.Merge(&times[without])
	}
	return b, nil
}
