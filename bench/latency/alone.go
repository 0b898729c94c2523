package latency

// Alone returns what quantile p of the submission alone is at least and at most, if
// measured are the times of submission and timer together, and timer those of the
// timer. Nothing is taken for granted about how the two go together, only that the
// timer costs beside a submission what it costs beside nothing. The package's
// documentation has the formula.
func Alone(measured, timer *Histogram, p float64) (low, high int64) {
	if measured.n == 0 || timer.n == 0 {
		return 0, measured.Quantile(p)
	}
	slower := timer.n // timers that took longer than bin i
	for i, c := range timer.counts {
		if c == 0 {
			continue
		}
		slower -= uint64(c)
		u := float64(slower) / float64(timer.n)
		if u >= p {
			continue // the bound says nothing
		}
		together, _ := measured.quantile(p - u) // the lower end of a bin, for a lower bound
		low = max(low, together-min(top(i), timer.high))
	}
	return low, max(low, measured.Quantile(p)-timer.low)
}
