// Command demo is the library's main job on real input, checked by somebody
// who does not use the library.
//
// It serves HTTP on loopback, drives it with concurrent clients, measures every
// request in a middleware, and sends the result to a receiver in the same
// process that speaks Datadog's v1 API over real HTTP. The clients count what
// they did for themselves; the receiver keeps what arrived by the rules of the
// backend. At the end both must agree in every figure, and the ledger must
// balance: then the exit code is 0, else 1. Mistakes in the environment and
// failures to start give 2.
//
// The environment sets it up:
//
//	DURATION  how long the clients run: 10s
//	FAULT     what the receiver does wrong:
//	          drop  it answers 202 to one request and forgets it: must give 1
//	          busy  it answers 503 to every third request: must give 0
package main
