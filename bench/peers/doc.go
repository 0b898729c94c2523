// Package peers runs the same submissions through this library and through those
// that others wrote for the same purpose, or for a part of it.
//
// There is one adapter file for each library. An adapter has the loops over
// submissions inside, so that nothing but the library's own calls is in them, and
// configures its library the way that library's documentation recommends for speed.
// What a library does more or less than ours stands beside its figures.
//
//	for _, library := range peers.Libraries() {
//		session, err := library.New(io.Discard)
//		…
//		submit := session.Count(peers.Kept, peers.Over{Series: peers.NewSeriesSet(1000)})
//		submit(20_000) // twenty increments for each series
//	}
//
// [Measure] takes the libraries by turns: each round has every one of them once, in
// another order, and an uncontended atomic add (U) beside. Figures are medians over
// the rounds, and ratios are taken round by round, since absolute times drift with
// the machine's clock and its neighbours.
//
// cmd/peers prints the tables. Nothing here passes or fails by a time.
package peers
