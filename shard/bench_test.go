package shard_test

import (
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
)

func BenchmarkU(b *testing.B) {
	x := new(atomic.Int64)
	for b.Loop() {
		x.Add(1)
	}
}
func BenchmarkCounter(b *testing.B) {
	s := shard.New(testConfig())
	c := alloc(b, s, shard.ClassCounter)
	for b.Loop() {
		c.Add(1)
	}
}
func BenchmarkGauge(b *testing.B) {
	s := shard.New(testConfig())
	c := alloc(b, s, shard.ClassGauge)
	i := 0.0
	for b.Loop() {
		i++
		c.Set(i)
	}
}
func BenchmarkHistogram(b *testing.B) {
	s := shard.New(testConfig())
	c := alloc(b, s, shard.ClassHistogram)
	i := 0.0
	for b.Loop() {
		i++
		c.Observe(i)
	}
}
