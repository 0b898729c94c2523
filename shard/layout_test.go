package shard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

func TestNoTwoShardsShareALine(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 8
	s := shard.New(cfg)
	var spans []shard.Span
	for _, class := range []shard.Class{shard.ClassCounter, shard.ClassHistogram, shard.ClassDistribution} {
		for range 40 { // several rows, so that neighbours in the heap are seen
			r := alloc(t, s, class)
			s.TouchAll(r)
			spans = append(spans, s.WrittenByShards(r)...)
		}
	}
	owner := map[uintptr]int{}
	for _, span := range spans {
		for line := span.From / shard.LineBytes; line <= (span.To-1)/shard.LineBytes; line++ {
			if other, taken := owner[line]; taken && other != span.Shard {
				t.Fatalf("shards %d and %d share the %d bytes at %#x", other, span.Shard, shard.LineBytes, line*shard.LineBytes)
			}
			owner[line] = span.Shard
		}
	}
	assert.NotEmpty(t, owner)
}

func TestSizes(t *testing.T) {
	assert.EqualValues(t, 512, shard.CounterPageBytes)
	assert.EqualValues(t, 1024, shard.WidePageBytes)
	assert.EqualValues(t, shard.LineBytes, shard.GaugeBytes, "a gauge has its line to itself")
	assert.Zero(t, shard.LogBytes%shard.LineBytes)
	assert.LessOrEqual(t, int(shard.BankBytes), 64)
	assert.LessOrEqual(t, int(shard.SamplePageBytes), shard.LineBytes)
}
