package shard_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
)

const (
	uniformRounds = 60
	uniformSeen   = 20_000
	uniformCells  = 100
)

// chiSquareP returns the probability of a chi-square as high as that of the
// counts, if all were equally likely (Wilson-Hilferty).
func chiSquareP(counts []int) float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	want := float64(total) / float64(len(counts))
	chi := 0.0
	for _, n := range counts {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	k := float64(len(counts) - 1)
	z := (math.Cbrt(chi/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
	return 0.5 * math.Erfc(z/math.Sqrt2)
}

// Each position of the stream is equally likely to be among the samples, through
// the growth of the reservoir and in place.
func TestTheReservoirIsUniform(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.Seed = 1, 42
	s := shard.New(cfg)
	r := alloc(t, s, shard.ClassHistogram)
	counts := make([]int, uniformCells)
	for range uniformRounds {
		for i := range uniformSeen {
			r.Observe(float64(i))
		}
		v := newTotals()
		drain(s, v)
		samples := v.samples[r.ID()]
		assert.GreaterOrEqual(t, len(samples), 32)
		for _, x := range samples {
			counts[int(x)*uniformCells/uniformSeen]++
		}
	}
	assert.Greater(t, chiSquareP(counts), 0.001, "%v", counts)
}

// The same statistic rejects the reservoir of ThreadStats, which puts every value
// past the first thousand over a random one.
func TestTheTestOfUniformityRejectsABiasedReservoir(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	counts := make([]int, uniformCells)
	for range uniformRounds {
		var samples []int
		for i := range uniformSeen {
			if len(samples) < 1000 {
				samples = append(samples, i)
			} else {
				samples[rng.IntN(1000)] = i
			}
		}
		for _, x := range samples {
			counts[x*uniformCells/uniformSeen]++
		}
	}
	assert.Less(t, chiSquareP(counts), 1e-6)
}

func TestEverythingIsKeptUntilTheReservoirIsFull(t *testing.T) {
	for _, size := range []int{1, 2, 31, 32, 33, 100, 128, 1000} {
		cfg := testConfig()
		cfg.Shards, cfg.ReservoirSize = 1, size
		s := shard.New(cfg)
		r := alloc(t, s, shard.ClassHistogram)
		for round := range 3 {
			for i := range size {
				r.Observe(float64(i))
			}
			v := newTotals()
			drain(s, v)
			assert.Len(t, v.samples[r.ID()], size, "size %d, round %d", size, round)
		}
		for i := range 10 * size {
			r.Observe(float64(i))
		}
		v := newTotals()
		drain(s, v)
		assert.Len(t, v.samples[r.ID()], size)
	}
}
