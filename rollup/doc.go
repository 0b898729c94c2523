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
//   - The values of a distribution are exact up to its limit. Beyond it they are off
//     by 0.8 % at most, if the bucket may make a sketch of them.
//   - A bucket allocates nothing for what another one of its [Memory] held and gave
//     back.
//
// # What it does not promise
//
//   - Percentiles come from the samples kept, of which a histogram has at most
//     Limits.Reservoir when it is read. Observations that came without a sample
//     are in the count, the sum, the minimum and the maximum only.
//   - Memory is bounded for each series, not for all: 8 B for a counter or gauge,
//     16 B in rows of 64 where one has fractional deltas or timestamps, 32 B for each
//     sample of a histogram's or value of a distribution's limit, and the members of
//     a set. A [Memory] keeps it for as long as it lives.
//
// # Use
//
//	m := rollup.NewMemory(rollup.Limits{Reservoir: 1000, Distribution: 100_000, Members: 10_000}, rng)
//	b := m.Bucket()
//	b.AddCount(row, slot, 3, 0)
//	b.Each(func(row, slot int) { … b.Count(row, slot) … })
//	b.Reset()
package rollup
