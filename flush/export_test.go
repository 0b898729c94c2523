package flush

// The door inwards for tests of the package's outside.

// LimitMemory bounds the memory of what was sent to buckets of one series.
func LimitMemory(f *Flusher, buckets int) { f.memory.limit = buckets * (1 + bucketEntries) }

// Tick does what the goroutine does at a wake-up.
func Tick(f *Flusher) { f.tick() }

// Noted returns how many revisions the views remember.
func Noted(f *Flusher) (n int) {
	for _, v := range f.views {
		n += int(v.revisions.noted.Load())
	}
	return n
}

// Remembered returns how many series the views know the totals or times of.
func Remembered(f *Flusher) (n int) {
	for _, v := range f.views {
		if v.running != nil {
			n += len(v.running.series)
		}
	}
	return n
}

// Spare returns how many bytes the views keep for batches to come.
func Spare(f *Flusher) (n int) {
	for _, v := range f.views {
		v.mu.Lock()
		for _, h := range v.free {
			n += h.memory()
		}
		v.mu.Unlock()
	}
	return n
}
