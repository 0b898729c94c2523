package memory

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/stats"
)

// SoakPlan says how long a client is run, and with how much that is new.
type SoakPlan struct {
	Intervals int // roll-up intervals, stepped through as fast as it goes
	Churn     int // series that are new in each interval, and never used after it
	Steady    int // series that are used in each interval, through handles
}

// StandardSoak is 10,000,000 series that come and go. It takes some minutes.
var StandardSoak = SoakPlan{Intervals: 1000, Churn: 10_000, Steady: 1000}

const (
	soakExpiry = 3 // intervals after which an idle series is given up
	// An id is used again after a garbage collection, of which a service has one in two
	// minutes at least. The intervals here take milliseconds, so they are made to come.
	collectEvery = 4
	// margin is by how much memory may grow after the first tenth: collections do not
	// come at the same point of each interval.
	margin = 0.25
	// idBytes is the least that an id costs which is not used again: its cell.
	idBytes = 8
	// every tenth of the new series is a histogram.
	histogramEvery        = 10
	histogramObservations = 3
)

func (p *SoakPlan) check() error {
	if p.Intervals < p.settled()+1 || p.Churn < histogramEvery || p.Steady < 1 {
		return fmt.Errorf("memory: a soak of %d intervals, %d new and %d steady series: give more than %d intervals, %d new series and 1 steady one at least",
			p.Intervals, p.Churn, p.Steady, p.settled(), histogramEvery)
	}
	return nil
}

// settled is after how many intervals memory must stay: a tenth, but not before the
// first series have been given up for long.
func (p *SoakPlan) settled() int { return max(p.Intervals/10, 5*soakExpiry) }

// State is what a process held at the end of an interval.
type State struct {
	RSS    int64 // what the system says that it has in RAM; 0 where it does not say
	Heap   int64 // what lived after the last garbage collection
	Series int   // that the client knows
}

// SoakResult is one run.
type SoakResult struct {
	Machine   []string
	Plan      SoakPlan
	States    []State // by interval
	Submitted int64   // submissions
	Arrived   int64   // the same, added up from what was delivered
	Points    int64   // that were delivered
	Ledger    stats.Ledger
	Took      time.Duration
}

// Soak runs a client through many intervals. In each of them, two goroutines submit
// to the steady series and to as many new ones as the plan says, and the flush is
// checked: each series of the interval arrives exactly once, with exactly what was
// submitted to it, and nothing else does. At the end the books have to balance, and
// memory must not have grown after the first tenth. What is wrong is joined in the
// error; the result is there all the same.
func Soak(ctx context.Context, plan SoakPlan, progress func(done, total int)) (*SoakResult, error) {
	if err := plan.check(); err != nil {
		return nil, err
	}
	clock := new(stepClock)
	clock.set(time.Unix(1_700_000_000, 0))
	sink := newSink(plan)
	client, err := stats.New(
		stats.WithTransport(sink), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithIdleExpiry(soakExpiry*interval), stats.WithSeriesLimit(20*plan.Churn+plan.Steady),
	)
	if err != nil {
		return nil, err
	}
	r := &SoakResult{Machine: machine.Describe(), Plan: plan}
	start := time.Now()
	handles := make([]*stats.Counter, plan.Steady)
	for i := range handles {
		handles[i] = client.NewCounter(steadyName, steadyTag+strconv.Itoa(i))
	}
	for turn := range plan.Intervals {
		if progress != nil {
			progress(turn, plan.Intervals)
		}
		r.Submitted += submitChurn(client, handles, plan.Churn, turn)
		now := clock.Now().Add(interval)
		clock.set(now)
		if err := errors.Join(ctx.Err(), flushAt(ctx, client, now)); err != nil {
			return r, errors.Join(fmt.Errorf("memory: soak: interval %d: %w", turn, err), client.Close())
		}
		if err := sink.endOf(turn); err != nil {
			return r, errors.Join(fmt.Errorf("memory: soak: interval %d: %w", turn, err), client.Close())
		}
		if turn%collectEvery == 0 {
			runtime.GC()
		}
		r.States = append(r.States, State{RSS: rssBytes(), Heap: liveHeap(), Series: client.Ledger().Series})
	}
	err = client.Shutdown(ctx)
	r.Ledger, r.Arrived, r.Points, r.Took = client.Ledger(), sink.arrived, sink.points, time.Since(start)
	return r, errors.Join(err, r.check())
}

// flushAt flushes without the client's own deadline: a machine may sleep.
func flushAt(ctx context.Context, client *stats.Client, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	return client.FlushAt(ctx, now)
}

const (
	steadyName    = "soak.steady"
	churnName     = "soak.churn"
	histogramName = "soak.latency"
	steadyTag     = "number:"
	churnTag      = "request:"
)

// submitChurn submits what an interval brings, from two goroutines, and returns how
// many submissions that was.
func submitChurn(client *stats.Client, handles []*stats.Counter, churn, turn int) int64 {
	var counts [2]int64
	var wg sync.WaitGroup
	for g := range counts {
		wg.Go(func() {
			n := int64(0)
			for _, h := range handles { // both of them
				h.Inc()
				n++
			}
			for i := g; i < churn; i += len(counts) {
				id := churnTag + strconv.Itoa(turn*churn+i)
				if i%histogramEvery == 0 {
					for o := range histogramObservations {
						client.Histogram(histogramName, float64(o), id, "method:GET", "status:200")
						n++
					}
					continue
				}
				client.Count(churnName, weight(i), id, "method:GET", "status:200")
				n += weight(i)
			}
			counts[g] = n
		})
	}
	wg.Wait()
	return counts[0] + counts[1]
}

// weight is what is counted of a new series: small, and not the same for all.
func weight(i int) int64 { return int64(i%7) + 1 }

// liveHeap returns what lived after the last garbage collection.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// check says what is wrong at the end.
func (r *SoakResult) check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf("memory: soak: "+format, args...)) }
	if r.Arrived != r.Submitted {
		complain("%d arrived of %d that were submitted", r.Arrived, r.Submitted)
	}
	if !r.Ledger.Balanced() {
		complain("the books do not balance: %+v", r.Ledger.Transports)
	}
	if n := r.Ledger.RefusedTotal(); n != 0 {
		complain("%d submissions were refused: %v", n, r.Ledger.Refused)
	}
	for _, b := range r.Ledger.Transports {
		if int64(b.Delivered) != r.Points || b.RolledUp != b.Delivered {
			complain("%d points rolled up and %d delivered by the books, %d arrived", b.RolledUp, b.Delivered, r.Points)
		}
	}
	for _, m := range []struct {
		what string
		of   func(*State) int64
	}{{"memory (RSS)", func(s *State) int64 { return s.RSS }}, {"the live heap", func(s *State) int64 { return s.Heap }}} {
		if before, after := r.peaks(m.of); float64(after) > (1+margin)*float64(before) {
			complain("%s grew from %.1f MB in the first %d intervals to %.1f MB after them, by more than %.0f %%",
				m.what, mb(before), r.Plan.settled(), mb(after), 100*margin)
		}
	}
	if per := r.growth(); per >= idBytes {
		complain("the live heap grew by %.1f B for each series that came and went: an id alone takes %d B, so ids were not used again", per, idBytes)
	}
	return errors.Join(errs...)
}

// peaks returns the most that was held while things settled, and after it.
func (r *SoakResult) peaks(of func(*State) int64) (before, after int64) {
	for i := range r.States {
		if v := of(&r.States[i]); i < r.Plan.settled() {
			before = max(before, v)
		} else {
			after = max(after, v)
		}
	}
	return before, after
}

// growth returns by how much the live heap's peak grew after things had settled, for
// each series that came and went.
func (r *SoakResult) growth() float64 {
	settled := r.Plan.settled()
	rest := r.States[settled:]
	half := len(rest) / 2
	var first, last int64
	for i := range rest {
		if i < half {
			first = max(first, rest[i].Heap)
		} else {
			last = max(last, rest[i].Heap)
		}
	}
	return float64(last-first) / float64(max(1, half)*r.Plan.Churn)
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }
