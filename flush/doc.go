// Package flush turns what the shards hold into batches and delivers them.
//
// No compatibility promise: read it, import it at your own risk.
//
// # The way of a submission
//
//	shards ──drain──► bucket ──hand-out──► batch ──► queue ──► Send
//	         every roll-up    every flush    │
//	         the flusher      interval       └─ one queue and one sender per transport,
//	                                             and another of each for events
//
// The flusher is one goroutine. At each boundary of the roll-up it swaps the
// shards' generation and drains the old one into its bucket; at each boundary of
// the flush interval it hands out the buckets that are closed. Both intervals
// are on the wall clock's grid from the epoch, and either may be the shorter. A
// drain at t is of the bucket that holds t less a nanosecond; a timer that fires
// up to a roll-up late counts as its boundary.
//
// Each sender has a goroutine that delivers its queue in order, so a transport
// that is slow, down or stuck delays no swap and no other transport. Events and service
// checks go into a queue of their own at once; its sender and that of the points
// take turns at Send.
//
// # What it promises
//
//   - No bucket is missed or made twice, whatever the wall clock does: a clock
//     that jumps, or a machine that slept, gets one flush to catch up. A time that
//     comes twice begins anew: where a backend keeps the last value, what was sent
//     of it under the wrong clock is replaced.
//   - A late point, and a Flush in mid-bucket, change no figure. A bucket is kept
//     for a late window. A backend that adds up gets the new part alone; one that
//     keeps the last value gets the merged whole again, as a new revision. What
//     can no longer be merged is dropped there and counted, for it would replace
//     the whole by a part. One that wants running totals gets them with ever
//     later times, a late part in the next total: see running.go.
//   - The books of each transport balance at any instant: see [Books].
//   - Buckets, queues, batches, and the memory of what was sent are bounded. At
//     the bound on buckets the oldest is sent early; at the bound of a queue a
//     batch is dropped and counted.
//   - A panic in a transport, a filter, a naming function, a handler or a logger
//     stops neither the flusher nor another transport.
//
// # What it does not promise
//
//   - Exactly-once delivery. An answer that is lost leaves open what arrived:
//     kinds that are overwritten are sent again, others are counted as unknown.
//   - Order between transports, or between batches of one flush after a retry of
//     a part.
//   - Use of a user's filter or naming function beside the lock: it must be a pure
//     function, for swaps wait for it.
//
// # Use
//
//	f, err := flush.New(flush.Config{Store: store, Catalog: registry, Transports: …, …})
//	f.Start()
//	err = f.Flush(ctx)    // everything so far, delivered
//	err = f.Shutdown(ctx) // a *LossError if something is not
package flush
