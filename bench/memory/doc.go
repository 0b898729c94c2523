// Package memory measures what a series costs on the heap, with ours and with the
// peers.
//
// A figure is the growth of the live heap, from before the library was made to
// after garbage collections, divided by the series: so the library's fixed cost is
// in it, and shows at 1,000 series. It is taken three times: after the first
// submissions to each series; in a steady state right before a flush, with
// everything held that an interval brought; and right after it. Two goroutines
// submit at the same time, so that both processors meet each series.
//
// Submissions are by name and three tags, one of which tells the series apart.
// Strings, and keys made from them, are kept by the caller and counted for nobody: a
// library that refers to them pays nothing for them, one that copies them does.
//
// Each case runs in a process of its own, so that no case finds the heap, the
// pools and the page tables that another one left.
//
//	go run ./cmd/memory -only shardstats -kinds counter -series 100000
//
// The same command soaks: [Soak] runs a client over many intervals with ever new
// series, and checks that memory stays and that nothing is lost.
package memory
