package tune

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// subject is a client with one setting, and those that submit to it.
type subject struct {
	setting    Setting
	slower     float64 // planted
	client     *stats.Client
	load       load
	submitters []submitter
	heap       float64 // bytes per series, in the steady state
	fixed      float64 // bytes of a client without series
}

// warmFlushes is how many flushes a client needs until it allocates no more: it
// prepares pages for the shards that are used, and buckets to be used again.
const warmFlushes = 4

// newSubject returns a client in its steady state.
func newSubject(ctx context.Context, l load, goroutines int, s Setting, ops int) (*subject, error) {
	before := float64(machine.LiveHeap())
	client, err := stats.New(s.options(l.series())...)
	if err != nil {
		return nil, err
	}
	empty := float64(machine.LiveHeap())
	sub := &subject{setting: s, client: client, load: l, fixed: empty - before}
	own := 0
	for g := range goroutines {
		sub.submitters = append(sub.submitters, l.open(client, g))
		own += sub.submitters[g].bytes()
	}
	for range warmFlushes {
		l.touch(client)
		sub.round(ops)
		if err := client.Flush(ctx); err != nil {
			return nil, err
		}
	}
	sub.heap = (float64(machine.LiveHeap()) - empty - float64(own)) / float64(l.series())
	return sub, nil
}

// began is where monotonic time counts from.
var began = time.Now()

// clock reads the monotonic clock alone, which costs half of time.Now.
func clock() time.Duration { return time.Since(began) }

// spin keeps the processor busy until a time.
func spin(until time.Duration) {
	for clock() < until {
	}
}

// together runs f in as many goroutines as there are submitters, and returns the
// time from their common start to the end of the last one.
func (s *subject) together(f func(g int)) time.Duration {
	var wg sync.WaitGroup
	var ready atomic.Int32
	start := make(chan struct{})
	all := int32(len(s.submitters))
	// Those that wait for a channel wake up one after the other. With a processor
	// for each they spin instead.
	spinning := int(all) <= runtime.GOMAXPROCS(0)
	for g := range s.submitters {
		wg.Go(func() {
			ready.Add(1)
			if !spinning {
				<-start
			}
			for spinning && ready.Load() <= all {
				runtime.Gosched() // the one that starts them needs a processor, too
			}
			f(g)
		})
	}
	for ready.Load() < all {
		runtime.Gosched()
	}
	from := clock()
	ready.Add(1)
	close(start)
	wg.Wait()
	return clock() - from
}

// round makes ops submissions in each goroutine, and returns the time that one took:
// of all goroutines together, so that twice the throughput is half of it.
func (s *subject) round(ops int) (ns float64) {
	s.load.present(time.Now())
	took := s.together(func(g int) {
		from := clock()
		s.submitters[g].submit(ops)
		if s.slower > 0 {
			now := clock()
			spin(now + time.Duration(s.slower*float64(now-from)))
		}
	})
	return float64(took) / float64(ops*len(s.submitters))
}

// The span of a latency that is kept, in nanoseconds; 3 digits are within 0.1 %.
const (
	longestNS = int64(10 * time.Second)
	digits    = 3
)

func newHistogram() *hdr.Histogram { return hdr.New(1, longestNS, digits) }

// record adds a time; what takes longer than the longest counts as that.
func record(h *hdr.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(1, int64(d)), longestNS))
}

// latencies times each of ops submissions of each goroutine, while flushes follow
// one another. It includes the time that reading the clock takes: see timerCost.
func (s *subject) latencies(ctx context.Context, ops int, into *hdr.Histogram) error {
	s.load.present(time.Now())
	own := make([]*hdr.Histogram, len(s.submitters))
	for g := range own {
		own[g] = newHistogram()
	}
	var stop atomic.Bool
	flushed := make(chan error, 1)
	go func() { flushed <- s.flushUntil(ctx, &stop) }()
	s.together(func(g int) {
		for range ops {
			from := clock()
			s.submitters[g].submit(1)
			now := clock()
			if s.slower > 0 {
				spin(now + time.Duration(s.slower*float64(now-from)))
				now = clock()
			}
			record(own[g], now-from)
		}
	})
	stop.Store(true)
	for _, h := range own {
		into.Merge(h)
	}
	return <-flushed
}

// flushUntil flushes until it is told to stop, and ends the flush it is at: one that is
// broken off would be reported as a failed delivery.
func (s *subject) flushUntil(ctx context.Context, stop *atomic.Bool) error {
	for !stop.Load() {
		if err := s.client.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// flush touches every series and returns the time of the flush after that.
func (s *subject) flush(ctx context.Context) (time.Duration, error) {
	s.load.touch(s.client)
	from := clock()
	err := s.client.Flush(ctx)
	return clock() - from, err
}

// settle empties what waits for a flush, as the flusher would be woken to do.
func (s *subject) settle(ctx context.Context) error {
	if !s.load.piles() {
		return nil
	}
	return s.client.Flush(ctx)
}

// artefacts are the reasons for which a submission is refused only because of how it
// is measured; a full set or distribution would be full in a service, too.
var artefacts = []transport.Reason{
	transport.ReasonTimedFull, transport.ReasonTooOld, transport.ReasonTooNew, transport.ReasonSeriesLimit, transport.ReasonAfterStop,
}

// refused returns an error if the client refused what it should not have: it would
// have been refusing that was measured.
func (s *subject) refused() error {
	ledger := s.client.Ledger()
	for _, reason := range artefacts {
		if n := ledger.Refused[reason]; n > 0 {
			return fmt.Errorf("tune: the client refused %d submissions as %s, so the figures mean nothing: change the workload", n, reason)
		}
	}
	return nil
}

// timerCost measures reading the clock twice, as latencies does.
func timerCost(ops int) *hdr.Histogram {
	h := newHistogram()
	for range ops {
		from := clock()
		record(h, clock()-from)
	}
	return h
}
