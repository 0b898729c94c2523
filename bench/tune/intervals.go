package tune

import (
	"context"
	"sync"
	"time"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/stats"
)

// steps is a clock that stands still until it is set.
type steps struct {
	mu  sync.Mutex
	now time.Time
}

// Now implements stats.Clock.
func (s *steps) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *steps) set(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = t
}

// Flushing is what one flush interval was measured at.
type Flushing struct {
	Interval time.Duration
	Cost     []float64 // share of one processor, by block
	Held     []float64 // bytes of the client before a flush, by block
}

// simulateFlushes lets a clock of its own run and does what a client does in the
// background: at the end of each roll-up interval it drains the shards, and at the
// end of each flush interval it hands out what was closed since the last one, if
// anything was. What is timed is that work alone; each roll-up interval has a
// submission to every series.
func simulateFlushes(ctx context.Context, l load, setting Setting, rollup time.Duration) (cost, held float64, err error) {
	before := float64(machine.LiveHeap())
	clock := &steps{now: time.Unix(1_700_000_000, 0).Truncate(time.Hour)}
	start := clock.now
	client, err := stats.New(append(setting.options(l.series()), stats.WithClock(clock), stats.WithRollupInterval(rollup), stats.WithMaxAge(0, 0))...)
	if err != nil {
		return 0, 0, err
	}
	span := 2 * setting.Interval * (rollup / gcd(setting.Interval, rollup)) // both end there
	// The first half is for the client to come to its steady state.
	waiting := false // something is closed and not handed out
	for at := time.Second; at <= 2*span; at += time.Second {
		closes, hands := at%rollup == 0, at%setting.Interval == 0
		if closes {
			l.present(clock.now)
			l.touch(client)
			waiting = true
		}
		if !closes && !(hands && waiting) {
			continue
		}
		clock.set(start.Add(at))
		if at == 2*span {
			held = float64(machine.LiveHeap()) - before // the last interval before its hand-over
		}
		// A drain that closes no bucket, or one that closes all that is due.
		due := start
		if hands {
			due, waiting = clock.now, false
		}
		from := time.Now()
		if err := client.FlushAt(ctx, due); err != nil {
			return 0, 0, err
		}
		if at > span {
			cost += float64(time.Since(from))
		}
	}
	return cost / float64(span), held, client.Shutdown(ctx)
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
