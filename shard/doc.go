// Package shard holds what submitters write and the flusher drains: counters,
// gauges, sets, histogram reservoirs, distributions and timestamped points, in
// shards that keep processors out of each other's way.
//
// No compatibility promise: read it, import it at your own risk.
//
// # Actors
//
// A submitter is any goroutine that calls a method of [Ref]. The flusher is the
// one goroutine that calls Swap, the Drain methods and Stop of a [Store]. Nobody
// waits for anybody: there is no lock and no loop that another can hold up for
// good, and no protocol step that only a certain goroutine can take.
//
// # Assumptions about callers
//
//	A1  One goroutine at a time acts as the flusher, and drains after each Swap
//	    before the next one.
//	A2  A Ref is used by methods of its own class only.
//	A3  Alloc is not called again for a series that has a Ref.
//	A4  Free(id) comes after nobody can submit to id any more, and after a Swap
//	    and its Drain have run since.
//	A5  A Visitor keeps no pointer or slice that it was given, and does not call
//	    the store.
//
// # Guarantees to callers
//
//	G1  A submission takes no lock, allocates nothing and waits for nobody. The
//	    exceptions: a set member new since the last drain is copied, and the set
//	    may grow for it; a timestamped submission, or an observation that finds no
//	    bank or page, may allocate a page of its log, within a bound; the first
//	    large or float delta of 64 counters may allocate one page.
//	G2  Each submission is in exactly one drain. A drain has every submission that
//	    returned before it began; one that overlaps it is in this drain or a later
//	    one. An observation whose bank was held by another submitter at that moment
//	    comes through DrainHeld or a later drain, under its own generation.
//	G3  What arrives under one generation was submitted while it, or the one
//	    before it, was current.
//	G4  Counts, sums, minima, maxima and set members are exact. A counter's sum
//	    saturates; its sign never flips. The samples of a bank are a uniform sample
//	    of what it saw (Algorithm L), and Observations.Sampled says of how many.
//	G5  After Stop no value is accepted: each submission was handed to Stop's
//	    visitor (or to DrainHeld's) or is counted in LostCounts.AfterStop.
//	G6  Values that are not finite are refused and counted.
//	G7  Nothing that one shard's processor writes shares 128 bytes with what
//	    another's writes, but for words that are written rarely.
//
// # The two sides
//
//	submitter                               flusher
//	─────────                               ───────
//	counter: sum = cell.Add(n)              marks = row.zero.Swap(0)
//	         if sum == 0: set its mark      for each cell: n = cell.Swap(0)
//
//	gauge:   CAS(old → value)               base = value; CAS(value → unset #drain)
//
//	set:     CAS(nil → member)              m = slot.Swap(nil)
//
//	bank:    g = gen                        gen = g+1
//	         CAS((g,free) → (g,held))       CAS((g,free) → (g,held)), or later
//	         plain updates                  plain reads, reset
//	         store (g,free)                 store (g+2,free)
//
//	log:     i = page.state.Add(1)          head.Swap(nil); page.state.Or(closed)
//	         write record i                 fold the published records
//	         publish it                     open the page again when all were
//
// docs/CONCURRENCY.md walks through the interleavings.
//
// # Use
//
//	s := shard.New(cfg)
//	ref, _ := s.Alloc(shard.ClassCounter)
//	ref.Add(1)                  // any goroutine
//	gen := s.Swap()             // the flusher, at a roll-up boundary
//	s.Drain(now, visitor)       // visitor.Count(ref.ID(), 1, 0)
package shard
