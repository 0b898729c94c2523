// Package stats takes metrics from an application and gets them to its backends:
// it aggregates in the process, rolls up by time and flushes in the background.
//
//	c, err := stats.New(stats.WithTransport(t), stats.WithTags("env:prod"))
//	…
//	defer c.Close()
//
//	c.Count("orders", 1, "shop:berlin")          // by name and tags
//	requests := c.NewCounter("requests")         // or bound, for what is used often
//	requests.Inc()
//	defer c.StartTimer("db.query").Stop()
//
// # What it promises
//
//   - A submission to a series seen before takes no lock, waits for nobody,
//     allocates nothing (but for a set's new member) and returns no error.
//   - Each submission is in exactly one roll-up bucket, or counted in the
//     [Ledger] under a reason; each point of a bucket is delivered, pending,
//     superseded, unknown or dropped for a reason, for each transport, at any
//     instant.
//   - Everything is bounded. At a bound something is dropped and counted.
//
// # What it does not promise
//
// A submission without a timestamp belongs to the time of the drain that finds
// it, which is the roll-up boundary that follows; no clock is read. Two processes
// that write one series in one bucket overwrite each other at a backend that
// keeps the last value: give each a tag or host of its own.
//
// # Errors
//
// Options are checked by [New], all at once. Submissions never fail; what is
// refused is in [Ledger.Refused]. Errors without a caller are logged and go to
// WithErrorHandler. [Client.Shutdown] returns a [*LossError].
//
// # Tests
//
// transport/memory keeps what it gets, and WithManualFlush starts no goroutine.
package stats
