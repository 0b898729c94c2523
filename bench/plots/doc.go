// Package plots draws the figures of the benchmarks as SVG: curves and groups of
// bars, with the spread of what was measured.
//
// A plot stands on its own: it names its font's kin, has no script and asks for
// nothing, and it has colours for light and for dark pages. It can be a file beside
// a README or stand inside an HTML page. The same input gives the same bytes, so
// that a plot that is generated again changes only if its figures did.
//
// gonum.org/v1/plot does the layout of axes and labels; the legend has a column of
// its own, since no corner is free in all plots.
//
//	svg, err := plots.Lines("Cost of a submission", "shards", "ns", plots.LogX,
//		plots.Curve{Name: "p50", X: shards, Y: medians, Low: tenths, High: ninetieths})
package plots
