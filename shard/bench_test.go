package shard_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
)

// BenchmarkSubmit measures one submission of each kind, as kind=…; kind=U is an
// atomic add on a word of its own, the unit of the design's goals.
func BenchmarkSubmit(b *testing.B) {
	var word struct {
		_ [128]byte
		n atomic.Int64
		_ [128]byte
	}
	s := shard.New(testConfig())
	c, g, m := alloc(b, s, shard.ClassCounter), alloc(b, s, shard.ClassGauge), alloc(b, s, shard.ClassSet)
	h := alloc(b, s, shard.ClassHistogram)
	m.AddMember("member")
	small := testConfig()
	small.DistributionValues, small.TimedBytes = 32, 1
	full := shard.New(small)
	d, late := alloc(b, full, shard.ClassDistribution), alloc(b, full, shard.ClassCounter)
	x := 0.0
	for _, c := range []struct {
		kind   string
		submit func(b *testing.B)
	}{
		{"U", func(b *testing.B) {
			for b.Loop() {
				word.n.Add(1)
			}
		}},
		{"counter", func(b *testing.B) {
			for b.Loop() {
				c.Add(1)
			}
		}},
		{"counter_large", func(b *testing.B) {
			for b.Loop() {
				c.Add(1 << 30)
			}
		}},
		{"counter_float", func(b *testing.B) {
			for b.Loop() {
				c.AddFloat(1)
			}
		}},
		{"gauge", func(b *testing.B) {
			for b.Loop() {
				x++
				g.Set(x)
			}
		}},
		{"gauge_same_value", func(b *testing.B) {
			for b.Loop() {
				g.Set(1)
			}
		}},
		{"histogram", func(b *testing.B) {
			for b.Loop() {
				h.Observe(1)
			}
		}},
		{"histogram_100_in_a_slice", func(b *testing.B) {
			slice := make([]float64, 100)
			for b.Loop() {
				h.ObserveN(slice)
			}
		}},
		{"distribution_full", func(b *testing.B) {
			for b.Loop() {
				d.ObserveRaw(1)
			}
		}},
		{"set_member_there", func(b *testing.B) {
			for b.Loop() {
				m.AddMember("member")
			}
		}},
		{"timed_full", func(b *testing.B) {
			for b.Loop() {
				late.Timed(shard.Timed{N: 1})
			}
		}},
	} {
		b.Run("kind="+c.kind, func(b *testing.B) {
			b.ReportAllocs()
			c.submit(b)
		})
	}
}

// BenchmarkSubmitParallel is the same on all processors: run it with -cpu.
func BenchmarkSubmitParallel(b *testing.B) {
	s := shard.New(testConfig())
	c, h := alloc(b, s, shard.ClassCounter), alloc(b, s, shard.ClassHistogram)
	for kind, submit := range map[string]func(){
		"counter":   func() { c.Add(1) },
		"histogram": func() { h.Observe(1) },
	} {
		b.Run("kind="+kind, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					submit()
				}
			})
		})
	}
}

// BenchmarkNeighbours sets two gauges of one row from two goroutines, as far apart
// as slots says: what gaugeBytes rests on.
func BenchmarkNeighbours(b *testing.B) {
	for _, slots := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("slots=%d", slots), func(b *testing.B) {
			s := shard.New(testConfig())
			var refs []shard.Ref
			for range slots + 1 {
				refs = append(refs, alloc(b, s, shard.ClassGauge))
			}
			var both sync.WaitGroup
			for _, r := range []shard.Ref{refs[0], refs[slots]} {
				both.Go(func() {
					for i := range b.N {
						r.Set(float64(i))
					}
				})
			}
			both.Wait()
		})
	}
}

// BenchmarkDrain drains counters that were all touched, each in two shards.
func BenchmarkDrain(b *testing.B) {
	const series = 100_000
	cfg := testConfig()
	cfg.Shards = 2
	s := shard.New(cfg)
	refs := make([]shard.Ref, series)
	for i := range refs {
		refs[i] = alloc(b, s, shard.ClassCounter)
		if i%(shard.PoolSlots/2) == 0 {
			s.Drain(1, new(tally)) // refills the pool of pages
		}
		refs[i].AddIn(0, 1)
		refs[i].AddIn(1, 1)
	}
	b.Run("kind=counter/shards=2/series=100000", func(b *testing.B) {
		v := new(tally)
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			for _, r := range refs {
				r.AddIn(0, 1)
				r.AddIn(1, 1)
			}
			b.StartTimer()
			s.Drain(1, v)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/series, "ns/series")
	})
}
