package memory

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// intervals is how many are submitted and flushed before the state counts as
// steady: buckets are kept for two, and pools shrink and grow for some.
const intervals = 6

// Measure runs one case in this process. What else the process has on its heap
// must not change meanwhile.
func Measure(c Case) (cost Cost, err error) {
	if err := c.check(); err != nil {
		return Cost{}, err
	}
	start := time.Now()
	all := makeSeries(c.Series, c.LongTags)
	values := observations(c.Observations)
	before := heap()
	t, err := newTarget(c)
	if err != nil {
		return Cost{}, fmt.Errorf("%s: %w", c, err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	perSeries := func() float64 { return (heap() - before) / float64(c.Series) }

	cost = Cost{Case: c}
	for i := range intervals + 1 {
		submit(t, c.Kind, all, values, i)
		switch i {
		case 0:
			cost.First = perSeries()
		case intervals:
			cost.Full = perSeries()
		}
		if err := t.flush(); err != nil {
			return Cost{}, fmt.Errorf("%s: flush %d: %w", c, i, err)
		}
	}
	cost.Flushed = perSeries()
	runtime.KeepAlive(all) // the caller's, to the end
	cost.PeakBytes = peakBytes()
	cost.Seconds = time.Since(start).Seconds()
	return cost, nil
}

// newTarget makes the library of a case.
func newTarget(c Case) (target, error) {
	if c.Library == Ours {
		return newOurs(c)
	}
	return nil, fmt.Errorf("memory: no library %q", c.Library)
}

// Ours is the name of this library.
const Ours = "shardstats"

// submit is what an interval brings: two goroutines go over all series, each in
// the same order, so that both processors meet each series. The observations of a
// histogram are shared out among the two; the one of a single observation goes by
// turns.
func submit(t target, kind Kind, all []series, values []float64, turn int) {
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			for i := range all {
				s := &all[i]
				switch kind {
				case Counter:
					t.count(s)
				case Gauge:
					t.set(s, float64(i+turn))
				case Histogram:
					half := len(values) / 2
					mine := [2][]float64{values[:half], values[half:]}
					t.observe(s, mine[(g+i+turn)%2])
				}
			}
		})
	}
	wg.Wait()
}

// observations returns n values in no order, between 0 and 1.
func observations(n int) []float64 {
	values := make([]float64, n)
	x := uint32(1)
	for i := range values {
		x = x*1664525 + 1013904223 // Numerical Recipes' generator
		values[i] = float64(x>>8) / (1 << 24)
	}
	return values
}

// heap returns the bytes of all live objects. What a pool or a weak pointer holds
// goes with the second or third collection.
func heap() float64 {
	var m runtime.MemStats
	for range 4 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// peakBytes returns the most memory this process has had in RAM, as Linux counts
// it; 0 elsewhere.
func peakBytes() int64 { return status("VmHWM") }

// status reads a line of /proc/self/status that is in kB.
func status(key string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && k == key {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}
