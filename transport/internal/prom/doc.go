// Package prom has what the two Prometheus transports share: how names and tags
// are spelled, which series a kind becomes, quantiles, and native histograms in
// protobuf.
//
//	var labels prom.Labels
//	families := prom.NewFamilies(100_000)
//	family := families.Of(&series)   // nil: the name is another kind's
//	list := labels.Of(&series)       // sorted, each key once
//	fmt.Println(family.Name, list)
//
// # Names
//
// A name keeps [a-zA-Z0-9_:]; each other rune becomes _, and a digit in front gets
// one before it. A count ends in _total and a timing in _seconds, added unless it
// is there. Labels are spelled alike, without colons; several underscores in front
// become one, for what begins with two is Prometheus's own, and le and quantile get
// one, for they tell the parts of a histogram and of a summary apart.
//
// # What it does not do
//
// Nothing here is safe for use by several goroutines at once, but for the
// functions without a receiver.
package prom
