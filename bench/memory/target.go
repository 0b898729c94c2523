package memory

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/peers"
	"github.com/shardstats/shardstats/stats"
)

// errNone is returned for a library that has no such kind of series by name.
var errNone = errors.New("it has none")

// target is a library that holds series.
type target struct {
	session *peers.Session
	flush   func() error // ends an interval: what is held is encoded and dropped
	// submits are of two goroutines, for each half of the series.
	submits [2][2]peers.Submit
	halves  [2]int
}

// newTarget makes the library of a case, without its series.
func newTarget(c Case, libraries []peers.Library) (*target, error) {
	tick := func() {}
	for _, l := range libraries {
		if l.Name != c.Library {
			continue
		}
		if l.Name == Ours {
			clock := new(stepClock)
			clock.set(time.Unix(1_700_000_000, 0))
			tick = func() { clock.set(clock.Now().Add(interval)) }
			opts := []stats.Option{stats.WithClock(clock), stats.WithSeriesLimit(c.Series + 1)}
			if c.Shards > 0 {
				opts = append(opts, stats.WithShards(c.Shards))
			}
			l = peers.Shardstats(opts...)
		}
		session, err := l.New(io.Discard)
		if err != nil {
			return nil, err
		}
		return &target{session: session, flush: func() error {
			tick()
			return session.Flush()
		}}, nil
	}
	return nil, fmt.Errorf("memory: no library %q", c.Library)
}

// prepare makes what the caller keeps: strings, and keys made from them.
func (t *target) prepare(kind Kind, all []peers.Series) error {
	from := map[Kind]func(peers.Strings, peers.Over) peers.Submit{
		Counter: t.session.Count, Gauge: t.session.Set, Histogram: t.session.Observe,
	}[kind]
	if from == nil {
		return errNone
	}
	middle := len(all) / 2
	t.halves = [2]int{middle, len(all) - middle}
	for g := range t.submits {
		t.submits[g][0] = from(peers.Kept, peers.Over{Series: all[:middle]})
		t.submits[g][1] = from(peers.Kept, peers.Over{Series: all[middle:]})
		if t.submits[g][0] == nil {
			return errNone
		}
	}
	return nil
}

// submit is what an interval brings, from two goroutines at the same time, so that
// both processors meet each series. Each of them submits to every counter and gauge;
// the observations of a histogram are shared out among them, and an odd one goes by
// turns.
func (t *target) submit(c Case, turn int) {
	var wg sync.WaitGroup
	for g := range t.submits {
		wg.Go(func() {
			for h, submit := range t.submits[g] {
				times := 1
				if c.Kind == Histogram {
					times = c.Observations / 2
					if (g+h+turn)%2 == 0 {
						times += c.Observations % 2
					}
				}
				submit(times * t.halves[h])
			}
		})
	}
	wg.Wait()
}

const interval = 10 * time.Second

// stepClock shows what it was set to. Any goroutine may read it.
type stepClock struct{ unixNano atomic.Int64 }

func (c *stepClock) Now() time.Time    { return time.Unix(0, c.unixNano.Load()) }
func (c *stepClock) set(now time.Time) { c.unixNano.Store(now.UnixNano()) }
