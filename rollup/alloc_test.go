//go:build !race

package rollup_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/rollup"
)

// A bucket that has held the same series before allocates nothing.
func TestAReusedBucketAllocatesNothing(t *testing.T) {
	b := rollup.NewBucket(rollup.Limits{Reservoir: 64, Distribution: 100, Members: 10}, rand.New(rand.NewPCG(1, 2)))
	sent := rollup.NewBucket(rollup.Limits{Reservoir: 64, Distribution: 100, Members: 10}, rand.New(rand.NewPCG(1, 2)))
	bank := make([]float64, 64)
	var points float64
	round := func() {
		for slot := range rollup.RowSlots {
			b.AddCount(0, slot, 1, 0.5)
			b.SetGauge(1, slot, 1)
			b.AddMember(2, slot, "a")
			for range 4 {
				b.AddObservations(3, slot, 0, 100, 1, 0, 1, bank, 100)
			}
			b.Observe(3, slot, 0, 1, 1)
			b.AddValues(4, slot, bank, 1)
		}
		b.Each(func(row, slot int) {
			points++
			if row >= 3 {
				points += b.Samples(row, slot)[0].Value
			}
			sent.Merge(b, row, slot)
		})
		b.Reset()
		sent.Reset()
	}
	round()
	assert.Zero(t, testing.AllocsPerRun(20, round))
}

// What a bucket gives back serves the next one.
func TestABucketAllocatesNothingForRowsOfItsMemory(t *testing.T) {
	memory := rollup.NewMemory(rollup.Limits{Reservoir: 64, Distribution: 100, Members: 10}, rand.New(rand.NewPCG(1, 2)))
	kept := []*rollup.Bucket{memory.Bucket(), memory.Bucket(), memory.Bucket()}
	round := 0
	fill := func() {
		b := kept[round%len(kept)]
		b.Reset()
		round++
		for slot := range rollup.RowSlots {
			b.AddCount(0, slot, 1, 0)
			b.SetGauge(1, slot, 1)
			b.Observe(2, slot, 0, 1, 1)
		}
		b.Forget(round%2 == 0, round%3 == 0)
	}
	for range 6 * len(kept) {
		fill()
	}
	assert.Zero(t, testing.AllocsPerRun(20, fill))
}
