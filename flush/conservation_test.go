package flush_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// quick is a clock that runs a thousand times too fast, so that many roll-ups
// pass under the submitters.
type quick struct{ start time.Time }

func (q quick) Now() time.Time { return begin.Add(1000 * time.Since(q.start)) }

// With a real store, submitters, ticks and calls of Flush and FlushAt from all
// sides, each submission is in exactly one hand-out.
func TestEachSubmissionIsHandedOutOnceConcurrentSafe(t *testing.T) {
	for _, c := range []struct{ submitters, flushers int }{{1, 1}, {8, 2}, {4, 16}} {
		t.Run(fmt.Sprintf("submitters=%d/flushers=%d", c.submitters, c.flushers), func(t *testing.T) {
			adding, keeping := memory.New(), memory.New(overwrites())
			var f *flush.Flusher
			store := shard.New(shard.Config{
				Shards: 2, ReservoirSize: 100, DistributionValues: 1 << 20, SetMembers: 100, TimedBytes: 1 << 22, Seed: 1,
				Wake: func() { f.Wake() },
			})
			r := newRig(t, func(cfg *flush.Config) {
				cfg.Store, cfg.Clock = store, quick{time.Now()}
				cfg.Rollup, cfg.Interval, cfg.DistributionValues = time.Second, 2*time.Second, 1<<20
				// The clock runs fast: every age is accepted, and every bucket kept.
				cfg.LateWindow, cfg.MaxPast, cfg.MaxBuckets = 1000*time.Hour, 0, 1<<20
			}, adding, keeping)
			f = r.Flusher
			ref := func(class shard.Class, kind transport.Kind, name string) shard.Ref {
				s, ok := store.Alloc(class)
				require.True(t, ok)
				r.cat.put(s.ID(), kind, name)
				return s
			}
			count := ref(shard.ClassCounter, transport.KindCount, "count")
			timed := ref(shard.ClassCounter, transport.KindCount, "timed")
			hist := ref(shard.ClassHistogram, transport.KindHistogram, "hist")
			dist := ref(shard.ClassDistribution, transport.KindDistribution, "dist")
			f.Start()

			var flushers, submitters sync.WaitGroup
			var over atomic.Bool
			var flushes atomic.Int64
			for i := range c.flushers {
				flushers.Go(func() {
					for !over.Load() {
						if i%2 == 0 {
							assert.NoError(t, f.Flush(context.Background()))
						} else {
							assert.NoError(t, f.FlushAt(context.Background(), begin.Add(time.Duration(rand.N(10))*time.Second)))
						}
						flushes.Add(1)
						for _, b := range f.Books() {
							assert.True(t, b.Balanced())
						}
					}
				})
			}
			var counts, values, points atomic.Int64
			for range c.submitters {
				submitters.Go(func() {
					n := 0
					for ; n < 100_000 || flushes.Load() < 200; n++ {
						if n%50 == 0 {
							runtime.Gosched() // the flushers want a share of the processors
						}
						count.Add(1)
						hist.Observe(1)
						if n%100 == 0 {
							timed.Timed(shard.Timed{UnixSec: sec(rand.Int64N(5)), N: 1})
							points.Add(1)
						}
						if n%100 == 1 && n < 100_000 {
							dist.ObserveRaw(1)
							values.Add(1)
						}
					}
					counts.Add(int64(n))
				})
			}
			submitters.Wait()
			over.Store(true)
			flushers.Wait()
			require.NoError(t, f.Shutdown(t.Context()))

			lost := store.Lost()
			for _, m := range []*memory.Transport{adding, keeping} {
				assert.Equal(t, float64(counts.Load()), m.Sum("count"))
				assert.Equal(t, float64(counts.Load()+points.Load()+values.Load()),
					m.Sum("timed")+m.Sum("hist")+m.Sum("dist")+float64(lost.TimedFull),
					"an observation that finds its places taken goes into the log, which may be full")
				for _, s := range m.Series() {
					if sum := s.Points[0].Summary; sum != nil {
						assert.Equal(t, sum.Count, sum.Sum, "of ones")
						assert.Equal(t, []float64{1, 1}, []float64{sum.Min, sum.Max})
					}
				}
			}
			for i := range 2 {
				assert.Zero(t, r.book(i).Pending)
				assert.Empty(t, r.book(i).Dropped)
			}
			assert.Empty(t, r.refusals())
		})
	}
}
