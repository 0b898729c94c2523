package shard_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

func TestChanceComesAsOftenAsAsked(t *testing.T) {
	const draws = 200_000
	s := shard.New(testConfig())
	for _, p := range []float64{0.001, 0.1, 0.3, 0.5, 0.99} {
		hits := 0
		for range draws {
			if s.Chance(p) {
				hits++
			}
		}
		sigma := math.Sqrt(draws * p * (1 - p))
		assert.InDelta(t, draws*p, hits, 5*sigma, "p = %v", p)
	}
	assert.True(t, s.Chance(1), "certain")
	assert.False(t, s.Chance(0), "impossible")
}

// Submitters that share a shard must not draw the same numbers.
func TestChanceConcurrentSafe(t *testing.T) {
	const draws, submitters = 50_000, 4
	cfg := testConfig()
	cfg.Shards = 1
	s := shard.New(cfg)
	var hits atomic.Int64
	var wg sync.WaitGroup
	for range submitters {
		wg.Go(func() {
			for range draws {
				if s.Chance(0.25) {
					hits.Add(1)
				}
			}
		})
	}
	wg.Wait()
	const n = draws * submitters
	assert.InDelta(t, n*0.25, float64(hits.Load()), 5*math.Sqrt(n*0.25*0.75))
}
