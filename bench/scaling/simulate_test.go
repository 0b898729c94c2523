package scaling

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSimulatedSharing(t *testing.T) {
	lone := Program{Processors: 8, Shards: 8, PerProc: 1, Series: 1, Steps: 20_000, Seed: 1}
	assert.Zero(t, Simulate(lone, Lines{}).Cells, "every goroutine finds its own shard and keeps it")
	assert.Equal(t, Simulate(lone, Lines{}), Simulate(lone, Lines{}))

	one := lone
	one.Shards = 1
	assert.InDelta(t, 1, Simulate(one, Lines{}).Cells, 0.03, "the processors take turns at one cell")

	two := lone
	two.Shards = 4
	assert.InDelta(t, 0.75, Simulate(two, Lines{}).Cells, 0.05, "two processors to each shard")

	wandering := lone
	wandering.PerProc, wandering.Slice, wandering.Stolen = 4, 1000, 0.1
	settled := Simulate(wandering, Lines{})
	assert.Positive(t, settled.Cells)
	assert.Less(t, settled.Cells, 0.05, "who has moved finds out within 64 adds")

	restless := wandering
	restless.Slice, restless.Stolen = 10, 1
	assert.Greater(t, Simulate(restless, Lines{}).Cells, 5*settled.Cells)

	alone := lone
	alone.Processors, alone.Shards = 1, 1
	assert.Equal(t, Shared{Steps: 1}, Simulate(alone, Lines{}))
	assert.Equal(t, Shared{}, Simulate(Program{Processors: 1, Shards: 1, Series: 1}, Lines{}))
}

func TestNoGoroutineIsLostInTheSimulation(t *testing.T) {
	m := &machine{Program: Program{Processors: 3, Stolen: 0.5}, queues: [][]int{{0}, {1, 2}, {3, 4, 5}}}
	m.rng = rand.New(rand.NewPCG(7, 7))
	for i := range 1000 {
		m.next(i % 3)
		seen := map[int]bool{}
		for _, q := range m.queues {
			for _, g := range q {
				seen[g] = true
			}
		}
		assert.Len(t, seen, 6)
	}
	assert.Equal(t, []int{1, 2, 3}, []int{len(m.queues[0]), len(m.queues[1]), len(m.queues[2])})
}

func TestPredictions(t *testing.T) {
	par := Parameters{OwnNS: 4, TransferNS: 40, GraceNS: 20}
	lone := Program{Processors: 16, Shards: 16, PerProc: 1, Series: 1, Steps: 20_000, Seed: 3}
	assert.InDelta(t, 4, Predict(par, lone).NS, 0.1)
	assert.Equal(t, 8.0, par.ServeNS())

	for _, processors := range []int{2, 16, 64} {
		one := lone
		one.Processors, one.Shards = processors, 1
		want := PredictOneWord(par, processors)
		assert.InEpsilon(t, want.NS, Predict(par, one).NS, 0.25, "%d processors at one word", processors)
		assert.InDelta(t, 1e9/8, want.PerSecond(), 1, "no more than one word can take")
	}
	assert.Equal(t, 4.0, PredictOneWord(par, 1).NS)

	rarely := lone
	rarely.Processors, rarely.Shards, rarely.Every = 2, 1, 64
	assert.InDelta(t, 4+40.0/64, Predict(par, rarely).NS, 0.3, "a transfer for each 64th add")
	assert.Equal(t, 44.0, Parameters{OwnNS: 4, TransferNS: 40}.ServeNS(), "one add at a time")
}

func TestDefaultShards(t *testing.T) {
	for processors, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 4, 64: 64, 65: 128, 128: 128, 300: 256} {
		assert.Equal(t, want, DefaultShards(processors), "%d processors", processors)
	}
}
