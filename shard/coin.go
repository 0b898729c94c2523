package shard

import (
	"sync/atomic"
	"unsafe"
)

// coin is the random source of one shard, for sampled submissions: splitmix64,
// whose state only counts, so that submitters that share a shard draw different
// numbers with one add each.
type coin struct {
	state atomic.Uint64
	_     [lineBytes - unsafe.Sizeof(atomic.Uint64{})]byte // from the next shard's
}

const coinStep = 0x9e3779b97f4a7c15 // odd: 2^64 divided by the golden ratio

func newCoins(shards int, seed uint64) []coin {
	coins := make([]coin, shards)
	for i := range coins {
		coins[i].state.Store(mix(seed + uint64(i)))
	}
	return coins
}

// Chance returns true with probability p, to within 2^-53. Any number of
// goroutines may call it.
func (s *Store) Chance(p float64) bool {
	state := s.coins[pick()%uint(len(s.coins))].state.Add(coinStep)
	return float64(mix(state)>>11) < p*(1<<53)
}
