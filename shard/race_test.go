//go:build race

package shard_test

// cleanGenerations is fewer under the race detector, which makes them ten times
// as slow and has nothing to see in them.
const cleanGenerations = 10_000
