// Package latency times every single submission, while nothing is flushed and while
// 100,000 series are, with ours and with the peers.
//
// Each library runs in a process of its own, with a heap and a garbage collector of
// its own; they measure by turns, a round of each and again, so that what the
// machine does meanwhile meets all of them. A process that is not at its turn does
// nothing. Within a turn the states (no flush, flushes with pauses, flushes without)
// alternate too, in another order each round.
//
// # What is timed
//
// One submission to one of the series, the next of a walk that comes to each; so
// most of them miss the caches, as those of a service do. Where there are flushes, a
// goroutine of its own submits to each series once, so that each flush is one of all
// series, and flushes.
//
// The clock is read before and after each submission: 20 to 40 ns, which is more than
// it may take. So, after every few submissions, the same loop times nothing at all
// (the timer), and as many atomic adds to a word that nobody else uses as take about
// as long as a submission (the floor: how often the machine itself interrupts what
// takes so long).
//
// # What the timer costs
//
// A measured time M is the submission's S and the timer's T. How S and T go together
// cannot be seen, so the distribution of S cannot be had from those of M and T, and
// the difference of their quantiles is not a quantile of S. What holds however they
// go together is, for any share u of slow timers:
//
//	quantile p of S ≥ (quantile p-u of M) - (quantile 1-u of T)
//	quantile p of S ≤ (quantile p of M) - (least T)
//
// [Alone] gives these bounds, at the best u. Tables show M, T and the bounds.
//
// Percentiles are by nearest rank, of bins that are one nanosecond wide up to 256 ns
// and at most 0.8 % wide beyond.
//
//	go run ./cmd/latency -only shardstats,datadog-go
package latency
