// Package sample says what a set of measured rounds comes to: medians and quantiles,
// which a round that was interrupted does not move, and how sure a ratio is.
//
//	low, mid, high := sample.RatioInterval(slow, fast)
//	fmt.Printf("%.2f times (%.2f–%.2f)\n", mid, low, high)
package sample
