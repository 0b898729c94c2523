// Package summary has what the encoders of histograms, timings and distributions
// share: which summaries can be sent, their quantiles by nearest rank, and where the
// rounding of weights to whole numbers starts.
//
//	if why := summary.Unfit(point.Summary); why != "" { … }
//	quantiles, err := summary.Quantiles([]float64{0.5, 0.95})
//	values = summary.Read(values[:0], quantiles, point.Summary)
//
// Its functions keep nothing and may be called by any goroutine.
package summary
