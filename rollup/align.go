package rollup

// Align returns the start of the bucket of length rollup that holds second unix:
// floor(unix/rollup)·rollup, for negative times too. The first bucket that an
// int64 can name also takes the seconds before it.
func Align(unix, rollup int64) int64 {
	rest := unix % rollup
	if rest < 0 {
		rest += rollup
	}
	start := unix - rest
	if start > unix { // below the smallest int64
		start += rollup
	}
	return start
}
