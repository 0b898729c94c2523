package shard_test

import (
	"fmt"
	"iter"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

func TestNoTwoShardsShareALine(t *testing.T) {
	for _, reservoir := range []int{1, 2, 20, 33, 100, 1000} {
		t.Run(fmt.Sprintf("reservoirs of %d", reservoir), func(t *testing.T) {
			cfg := testConfig()
			cfg.Shards, cfg.ReservoirSize = 8, reservoir
			s := shard.New(cfg)
			var refs []shard.Ref
			for _, class := range []shard.Class{shard.ClassCounter, shard.ClassHistogram, shard.ClassDistribution} {
				for range 40 { // several rows, so that neighbours in the heap are seen
					r := alloc(t, s, class)
					s.TouchAll(r)
					refs = append(refs, r)
				}
			}
			owner := map[uintptr]int{}
			for _, r := range refs {
				for _, span := range s.WrittenByShards(r) {
					for line := range lines(span) {
						if other, taken := owner[line]; taken && other != span.Shard {
							t.Fatalf("shards %d and %d share the %d bytes at %#x", other, span.Shard, shard.LineBytes, line*shard.LineBytes)
						}
						owner[line] = span.Shard
					}
				}
			}
			assert.Greater(t, len(owner), 1000)
			runtime.KeepAlive(s)
		})
	}
}

// lines yields the numbers of the lines that a span touches.
func lines(s shard.Span) iter.Seq[uintptr] {
	return func(yield func(uintptr) bool) {
		for line := s.From / shard.LineBytes; line <= (s.To-1)/shard.LineBytes; line++ {
			if !yield(line) {
				return
			}
		}
	}
}

// A submission that is refused, or a timed gauge, slows down no other kind.
func TestWhatAllWriteIsApartFromWhatAllRead(t *testing.T) {
	s := shard.New(testConfig())
	written := map[uintptr]bool{}
	for _, span := range s.WrittenByAll() {
		for line := range lines(span) {
			written[line] = true
		}
	}
	for i, span := range s.ReadByAll() {
		for line := range lines(span) {
			assert.False(t, written[line], "word %d of those that are read", i)
		}
	}
	runtime.KeepAlive(s)
}

func TestSizes(t *testing.T) {
	assert.EqualValues(t, 512, shard.CounterPageBytes)
	assert.EqualValues(t, 1024, shard.WidePageBytes)
	assert.EqualValues(t, shard.GaugeApart, shard.GaugeBytes, "a gauge has its line to itself")
	assert.EqualValues(t, 2*shard.LineBytes, shard.RowBytes)
	assert.EqualValues(t, shard.LineBytes, shard.RowZeroAt)
	assert.Zero(t, shard.LogBytes%shard.LineBytes)
	assert.LessOrEqual(t, int(shard.BankBytes), 64)
	assert.EqualValues(t, shard.LineBytes, shard.SmallPageBytes)
	assert.EqualValues(t, 2*shard.LineBytes, shard.MediumPageBytes)
	assert.EqualValues(t, shard.LineBytes, shard.LargePageBytes)
}
