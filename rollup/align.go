package rollup

// Align returns the start of the bucket of length rollup that holds second unix:
// floor(unix/rollup)·rollup, for negative times too.
func Align(unix, rollup int64) int64 {
	rest := unix % rollup
	if rest < 0 {
		rest += rollup
	}
	return unix - rest
}
