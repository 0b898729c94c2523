//go:build !race

package shard_test

import (
	"fmt"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

// footprint is how a series is used before its memory is measured.
type footprint struct {
	class   shard.Class
	touched uint // shards that submit to it
	each    int  // submissions from each of them in a generation
	drains  int  // drains with so many submissions before each
	idle    int  // drains without, after those
}

// heapPerSeries returns the heap bytes of one of so many series.
func heapPerSeries(tb testing.TB, shards, series int, f footprint) float64 {
	cfg := testConfig()
	cfg.Shards = shards
	before := liveBytes()
	s := shard.New(cfg)
	refs := make([]shard.Ref, 0, series)
	shard.OnShard(0) // of those touched: a row has its first page where a hint, maybe of another test, puts its maker
	for range series {
		refs = append(refs, alloc(tb, s, f.class))
	}
	tables := uint64(cap(refs)) * uint64(unsafe.Sizeof(shard.Ref{}))
	v := new(tally)
	for range f.drains {
		for i, r := range refs {
			for from := range f.touched {
				submitIn(r, f.class, from, f.each)
			}
			if i%8 == 7 {
				shard.RefillPools(s) // as the flusher does when it is woken
			}
		}
		s.Swap()
		s.Drain(1, v)
	}
	for range f.idle {
		s.Swap()
		s.Drain(1, v)
	}
	after := liveBytes()
	runtime.KeepAlive(s)
	runtime.KeepAlive(refs)
	return float64(int64(after-before-tables)) / float64(series)
}

// submitIn makes n submissions by a submitter that finds itself in a shard.
func submitIn(r shard.Ref, class shard.Class, from uint, n int) {
	for i := range n {
		switch class {
		case shard.ClassCounter:
			r.AddIn(from, 1)
		case shard.ClassGauge:
			r.Set(float64(i))
		case shard.ClassHistogram:
			r.ObserveIn(from, float64(i))
		case shard.ClassDistribution:
			r.ObserveRawIn(from, float64(i))
		case shard.ClassSet:
			r.AddMember(fmt.Sprint(i))
		}
	}
}

func liveBytes() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one found may have been put off
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkMemory prints the heap bytes of a series in this package:
//
//	go test -run xxx -bench Memory -benchtime 1x ./shard
func BenchmarkMemory(b *testing.B) {
	for _, class := range []struct {
		name  string
		class shard.Class
		each  []int
	}{
		{"counter", shard.ClassCounter, []int{1}},
		{"gauge", shard.ClassGauge, []int{1}},
		{"histogram", shard.ClassHistogram, []int{1, 2, 5, 100, 1000}},
		{"distribution", shard.ClassDistribution, []int{1, 100, 1000}},
		{"set", shard.ClassSet, []int{1, 10}},
	} {
		for _, each := range class.each {
			for _, shards := range []int{2, 64} {
				for _, touched := range []uint{1, 2} {
					for _, drains := range []int{1, 6} {
						series := 100_000
						if each >= 100 {
							series = 5_000
						}
						b.Run(fmt.Sprintf("kind=%s/each=%d/shards=%d/touched=%d/drains=%d", class.name, each, shards, touched, drains), func(b *testing.B) {
							var bytes float64
							for b.Loop() {
								bytes = heapPerSeries(b, shards, series, footprint{class.class, touched, each, drains, 0})
							}
							b.ReportMetric(bytes, "B/series")
							b.ReportMetric(0, "ns/op")
						})
					}
				}
			}
		}
	}
}

// What a series costs here, with room for what the pools and tables of a store
// add to few series.
func TestBytesOfASeries(t *testing.T) {
	const series = 5_000
	for name, test := range map[string]struct {
		shards int
		use    footprint
		atMost float64
	}{
		"a counter":                                 {2, footprint{shard.ClassCounter, 2, 1, 2, 0}, 40},
		"a counter with 62 shards untouched":        {64, footprint{shard.ClassCounter, 2, 1, 2, 0}, 50},
		"a gauge":                                   {2, footprint{shard.ClassGauge, 1, 1, 2, 0}, 64 + 40},
		"a histogram of one observation":            {2, footprint{shard.ClassHistogram, 1, 1, 8, 0}, 400},
		"of two, in each of two shards":             {2, footprint{shard.ClassHistogram, 2, 2, 8, 0}, 400},
		"of nine, in each of two shards":            {2, footprint{shard.ClassHistogram, 2, 9, 8, 0}, 400 + 4*128},
		"of 600 in one shard":                       {2, footprint{shard.ClassHistogram, 1, 600, 4, 0}, 400 + 2*8*1100},
		"of 600, then idle":                         {2, footprint{shard.ClassHistogram, 1, 600, 2, 8}, 700},
		"of one, with 62 shards untouched":          {64, footprint{shard.ClassHistogram, 2, 1, 8, 0}, 450},
		"a distribution of one value":               {2, footprint{shard.ClassDistribution, 1, 1, 8, 0}, 400},
		"a distribution of 1,000 values":            {2, footprint{shard.ClassDistribution, 1, 1000, 4, 0}, 400 + 2*8*1100},
		"a distribution of 1,000 values, then idle": {2, footprint{shard.ClassDistribution, 1, 1000, 2, 8}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			n := series
			if test.use.each > 100 {
				n = 500
			}
			atMost := test.atMost
			if n < series {
				atMost += 700 // the pools of a store, shared by ten times fewer
			}
			if gauge := float64(shard.GaugeApart); test.use.class == shard.ClassGauge {
				atMost += gauge - 64
			}
			assert.Less(t, heapPerSeries(t, test.shards, n, test.use), atMost)
		})
	}
}
