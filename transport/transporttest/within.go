package transporttest

import "time"

// tick is how often something is looked at again. Limits are counted in ticks that
// this process lived to see: a ticker drops those for which there was no time, so a
// machine that stops the process for seconds is not taken for a transport that hangs.
const tick = 2 * time.Millisecond

// within returns what comes from done within d, and whether something did.
func within[T any](d time.Duration, done <-chan T) (v T, in bool) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for range d/tick + 1 {
		select {
		case v = <-done:
			return v, true
		case <-ticker.C:
		}
	}
	return v, false
}
