// Package hotpath measures what a submission costs.
//
// Costs are told as ratios to U, an uncontended atomic add, because absolute
// times drift with the machine's clock and its neighbours. U is measured in
// the same run: rounds of U and rounds of a workload alternate, each some
// hundred microseconds long, the ratio is taken round by round, and the figure
// is the median of the ratios. What interrupts a round spoils that round only.
//
// The workloads are also ordinary benchmarks:
//
//	go test -bench . ./hotpath
//
// cmd/report prints the table. Nothing here passes or fails by a time.
package hotpath
