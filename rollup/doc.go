// Package rollup merges what drains bring into roll-up buckets, and reads
// percentiles from them.
//
// No compatibility promise: read it, import it at your own risk.
//
// A [Bucket] holds what was submitted for one interval of time. It speaks in
// rows, slots and numbers: which series a slot belongs to is its caller's
// affair. Nothing here is safe for concurrent use; a bucket belongs to the
// flusher.
//
// # What it promises
//
//   - Counts, sums, minima, maxima and sets are exact, whatever the order of the
//     merges. Integer sums saturate. Float sums are as exact as adding is.
//   - Samples of several sources are merged by how many observations they stand
//     for, without bias: each observation has the same chance to be among those
//     kept.
//   - A bucket that is reset and used again allocates nothing for what it held
//     before.
//
// # Use
//
//	b := rollup.NewBucket(rollup.Limits{Reservoir: 1000, Distribution: 100_000, Members: 10_000}, rng)
//	b.AddCount(row, slot, 3, 0)
//	b.Each(func(row, slot int) { … b.Count(row, slot) … })
//	b.Reset()
package rollup
