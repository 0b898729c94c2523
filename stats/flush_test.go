package stats_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// sums is a backend that adds up, fast enough to look at after every Flush.
type sums struct {
	mu     sync.Mutex
	figure map[string]float64 // by kind and name
}

func (s *sums) Describe() transport.Description {
	return transport.Description{Name: "sums", Summaries: true, Members: true}
}

func (s *sums) Close(context.Context) error { return nil }

func (s *sums) Send(_ context.Context, b *transport.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Series {
		for _, p := range b.Series[i].Points {
			switch {
			case p.Summary != nil:
				s.figure[b.Series[i].Name] += p.Summary.Count
			default:
				s.figure[b.Series[i].Name] += p.Value
			}
		}
	}
	return nil
}

func (s *sums) of(name string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.figure[name]
}

// TestAFlushDeliversWhatReturnedBeforeItConcurrentSafe has submitters that count
// what they have submitted. Another one reads the counts and flushes: as much
// must have arrived when Flush returns, with the others going on meanwhile.
func TestAFlushDeliversWhatReturnedBeforeItConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs, shards int }{{1, 2, 1}, {4, 2, 1}, {4, 4, 2}, {8, 8, 8}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d/shards=%d", test.goroutines, test.procs, test.shards), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			back := &sums{figure: map[string]float64{}}
			c, err := stats.New(stats.WithTransport(back), stats.WithManualFlush(), stats.WithShards(test.shards),
				stats.WithClock(&fixedClock{now: noon}), stats.WithReservoirSize(16))
			require.NoError(t, err)
			names := []string{"count", "hist", "dist", "timed", "set"}
			returned := make([]atomic.Int64, len(names))
			const ahead = 1 << 18
			var flushed atomic.Int64 // counts that a Flush has seen to
			var stop atomic.Bool
			var wg sync.WaitGroup
			for g := range test.goroutines {
				wg.Go(func() {
					counter, hist, dist := c.NewCounter("count"), c.NewHistogram("hist"), c.NewDistribution("dist")
					for i := 0; !stop.Load(); i++ {
						counter.Inc()
						returned[0].Add(1)
						hist.Observe(1)
						returned[1].Add(1)
						if i%64 == 0 {
							dist.Observe(1)
							returned[2].Add(1)
							c.At(noon).Count("timed", 1)
							returned[3].Add(1)
						}
						if i%256 == 0 && i < 256*1000 {
							c.Set("set", fmt.Sprint(g, "/", i))
							returned[4].Add(1)
						}
						if i%64 == 0 {
							runtime.Gosched()
						}
						// The log has room for what comes between two flushes, not for
						// what comes while the machine does not let the flusher run.
						for returned[0].Load() > flushed.Load()+ahead && !stop.Load() {
							runtime.Gosched()
						}
					}
				})
			}
			least := make([]int64, len(names))
			for range 300 {
				for least[0]+1000 > returned[0].Load() { // something to flush
					runtime.Gosched()
				}
				for i := range names {
					least[i] = returned[i].Load()
				}
				if !assert.NoError(t, c.Flush(t.Context())) {
					break
				}
				flushed.Store(least[0])
				refused := c.Ledger().Refused[transport.ReasonDistributionFull] // of a bucket that lasts for the whole test
				for i, name := range names {
					got := back.of(name)
					if name == "dist" {
						got += float64(refused)
					}
					if !assert.GreaterOrEqual(t, got, float64(least[i]), name) {
						stop.Store(true)
					}
				}
				if stop.Load() {
					break
				}
			}
			stop.Store(true)
			wg.Wait()
			require.NoError(t, c.Shutdown(t.Context()))
			refused := c.Ledger().RefusedTotal()
			assert.Equal(t, refused, c.Ledger().Refused[transport.ReasonDistributionFull])
			for i, name := range names {
				want := float64(returned[i].Load())
				if name == "dist" {
					want -= float64(refused)
				}
				assert.Equal(t, want, back.of(name), name)
			}
		})
	}
}
