// Package wiretest has what the tests of several transports share: a server that does
// what a test asks it to, a suite for transports that post, series for benchmarks, and
// all the ways in which a value may end up in a log.
//
//	in := &receiver{}            // which embeds a wiretest.Server
//	in.Take = in.take            // the requests that no test wants
//	in.Start(t)
//	in.Answers(1, wiretest.Cut)  // but not the first
//
// Only tests import it.
package wiretest
