//go:build !gc || tinygo || shardstats_portable

package shard

import "sync/atomic"

// processor returns a number that differs between goroutines most of the time:
// their place in hints, mixed.
func processor() uint { return uint(mix(uint64(hintSlot())) >> 40) }

// at returns &pages[i].
func at[T any](pages []atomic.Pointer[T], i uint) *atomic.Pointer[T] { return &pages[i] }
