package shard_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
)

// The model of guarantee G2 as one for porcupine. Adds are distinct powers of
// two, so a drain's sum says which adds it has. A drain is not one step in the
// model: cells are swept one after the other, so an add that overlaps the drain
// may be in it or not. The model therefore has a drain as two operations, begin
// and end, of which begin fixes what must be in it (all added and not drained so
// far), and end takes any set of adds that holds at least that.
type drainEvent struct {
	kind string // "add", "begin", "end"
	bit  uint64
}

type drainState struct {
	added uint64 // adds that took effect
	taken uint64 // in some drain
	must  uint64 // of the drain under way
}

var drainModel = porcupine.Model{
	Init: func() any { return drainState{} },
	Step: func(state, in, out any) (bool, any) {
		s, event := state.(drainState), in.(drainEvent)
		switch event.kind {
		case "add":
			s.added |= event.bit
			return true, s
		case "begin":
			s.must = s.added &^ s.taken
			return true, s
		default:
			got := out.(uint64)
			ok := got&s.taken == 0 && // no add twice
				got&^s.added == 0 && // none from nowhere
				s.must&^got == 0 // none left out
			s.taken |= got
			return ok, s
		}
	},
	Equal: func(a, b any) bool { return a == b },
}

const (
	historyClients = 4
	historyAdds    = 5
)

func TestAddsAndDrainsFollowTheModelConcurrentSafe(t *testing.T) {
	for history := range 1000 {
		s := shard.New(shard.Config{Shards: 4, ReservoirSize: 32, DistributionValues: 64, SetMembers: 64, TimedBytes: 1 << 20})
		r := alloc(t, s, shard.ClassCounter)
		ops := runHistory(s, r, uint64(history))
		require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(drainModel, ops, 0), "history %d: %+v", history, ops)
	}
}

// The model itself rejects what must not happen.
func TestTheModelRejectsALostAndADoubledAdd(t *testing.T) {
	add := func(bit uint64, at int64) porcupine.Operation {
		return porcupine.Operation{ClientId: 0, Input: drainEvent{"add", bit}, Call: at, Return: at + 1}
	}
	drain := func(at int64, got uint64) []porcupine.Operation {
		return []porcupine.Operation{
			{ClientId: 1, Input: drainEvent{kind: "begin"}, Call: at, Return: at + 1},
			{ClientId: 1, Input: drainEvent{kind: "end"}, Output: got, Call: at + 2, Return: at + 3},
		}
	}
	lost := append([]porcupine.Operation{add(1, 0)}, drain(10, 0)...)
	doubled := append(append([]porcupine.Operation{add(1, 0)}, drain(10, 1)...), drain(20, 1)...)
	right := append(append([]porcupine.Operation{add(1, 0)}, drain(10, 1)...), drain(20, 0)...)
	require.False(t, porcupine.CheckOperations(drainModel, lost))
	require.False(t, porcupine.CheckOperations(drainModel, doubled))
	require.True(t, porcupine.CheckOperations(drainModel, right))
}

func runHistory(s *shard.Store, r shard.Ref, seed uint64) []porcupine.Operation {
	var clock atomic.Int64
	var mu sync.Mutex
	var ops []porcupine.Operation
	record := func(client int, in drainEvent, out uint64, call int64) {
		ret := clock.Add(1)
		mu.Lock()
		ops = append(ops, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: call, Return: ret})
		mu.Unlock()
	}
	var wg sync.WaitGroup
	for client := range historyClients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(client)))
			for i := range historyAdds {
				bit := uint64(1) << (client*historyAdds + i)
				if rng.IntN(2) == 0 {
					bit <<= historyClients * historyAdds // past the fast path's bound: the saturating cells
				}
				call := clock.Add(1)
				r.Add(int64(bit))
				record(client, drainEvent{"add", bit}, 0, call)
			}
		})
	}
	drains := func() {
		call := clock.Add(1)
		record(historyClients, drainEvent{kind: "begin"}, 0, call)
		call = clock.Add(1)
		v := newTotals()
		s.Drain(1, v)
		record(historyClients, drainEvent{kind: "end"}, uint64(v.n[r.ID()]), call)
	}
	for range 4 {
		drains()
	}
	wg.Wait()
	drains()
	return ops
}
