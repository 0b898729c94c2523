package tune

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Workload is what is submitted while settings are compared.
type Workload struct {
	Goroutines int     `json:"goroutines"` // that submit at once
	Series     int     `json:"series"`
	Tags       int     `json:"tags"` // of each series
	Mix        Mix     `json:"mix"`
	Strings    Strings `json:"strings"`
	// Log is a recorded submission log (see package replay), which is submitted in
	// the place of Series, Tags and Mix. Its lines are kept in memory.
	Log string `json:"log,omitempty"`
	// Observations is how many values a histogram gets in one roll-up interval: what
	// its accuracy and its memory depend on.
	Observations int           `json:"observations"`
	Rollup       time.Duration `json:"rollup_ns"`
}

// DefaultWorkload is a service that keeps its processors busy.
func DefaultWorkload() Workload {
	return Workload{
		Goroutines: runtime.GOMAXPROCS(0), Series: 1000, Tags: 3,
		Mix:     Mix{Counter: 70, Gauge: 10, Histogram: 20},
		Strings: Kept, Observations: 10_000, Rollup: 10 * time.Second,
	}
}

// Strings says where the name and the tags of a submission come from.
type Strings string

// The ways of naming a series.
const (
	Bound Strings = "bound" // not at all: handles
	Kept  Strings = "kept"  // strings that the application holds
	Built Strings = "built" // tags put together for each submission
)

// The bounds of a workload, so that a slip does not take all memory.
const (
	maxGoroutines   = 10_000
	maxSeries       = 1_000_000
	maxTags         = 16
	maxObservations = 1_000_000
	minRollup       = time.Second
	maxRollup       = time.Hour
)

// check returns one error for each thing that is wrong, joined.
func (w *Workload) check() error {
	var errs []error
	within := func(what string, n, low, high int) {
		if n < low || n > high {
			errs = append(errs, fmt.Errorf("tune: %s %d: give a number from %d to %d", what, n, low, high))
		}
	}
	within("goroutines", w.Goroutines, 1, maxGoroutines)
	within("observations", w.Observations, 1, maxObservations)
	if w.Rollup < minRollup || w.Rollup > maxRollup || w.Rollup%time.Second != 0 {
		errs = append(errs, fmt.Errorf("tune: roll-up %v: give whole seconds from %v to %v", w.Rollup, minRollup, maxRollup))
	}
	if w.Log != "" {
		if w.Strings != Kept {
			errs = append(errs, fmt.Errorf("tune: strings %q with a log: a log is submitted with the strings it holds: give %q", w.Strings, Kept))
		}
		return errors.Join(errs...)
	}
	within("series", w.Series, 1, maxSeries)
	within("tags", w.Tags, 0, maxTags)
	if w.Strings != Bound && w.Strings != Kept && w.Strings != Built {
		errs = append(errs, fmt.Errorf("tune: strings %q: give %s, %s or %s", w.Strings, Bound, Kept, Built))
	}
	if w.Mix.total() <= 0 || len(w.Mix.kinds()) > w.Series {
		errs = append(errs, fmt.Errorf("tune: mix %q of %d series: give shares above 0, and a series for each kind", w.Mix, w.Series))
	}
	return errors.Join(errs...)
}

// String says in one line what is submitted.
func (w *Workload) String() string {
	if w.Log != "" {
		return fmt.Sprintf("%d goroutines playing the log %s", w.Goroutines, w.Log)
	}
	return fmt.Sprintf("%d goroutines, %d series with %d tags, %s, strings %s", w.Goroutines, w.Series, w.Tags, w.Mix, w.Strings)
}

// Mix has the share of each kind among the submissions, and among the series.
type Mix struct{ Counter, Gauge, Histogram, Timing, Distribution, Set int }

// kind is one of the kinds of a mix.
type kind uint8

const (
	counter kind = iota
	gauge
	histogram
	timing
	distribution
	set
)

var kindNames = [...]string{"counter", "gauge", "histogram", "timing", "distribution", "set"}

func (m *Mix) shares() [len(kindNames)]*int {
	return [...]*int{&m.Counter, &m.Gauge, &m.Histogram, &m.Timing, &m.Distribution, &m.Set}
}

func (m Mix) total() int {
	n := 0
	for _, share := range m.shares() {
		n += *share
	}
	return n
}

// kinds returns those with a share.
func (m Mix) kinds() []kind {
	var kinds []kind
	for k, share := range m.shares() {
		if *share > 0 {
			kinds = append(kinds, kind(k))
		}
	}
	return kinds
}

// String is how a mix is written: counter=70,histogram=30.
func (m Mix) String() string {
	var parts []string
	for k, share := range m.shares() {
		if *share > 0 {
			parts = append(parts, kindNames[k]+"="+strconv.Itoa(*share))
		}
	}
	return strings.Join(parts, ",")
}

// MarshalText writes a mix into JSON.
func (m Mix) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// maxShare keeps the sum of the shares small.
const maxShare = 1_000_000

// UnmarshalText reads what String writes.
func (m *Mix) UnmarshalText(text []byte) error {
	var read Mix
	for part := range strings.SplitSeq(string(text), ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), "=")
		share, err := strconv.Atoi(number)
		if err != nil || share < 0 || share > maxShare {
			return fmt.Errorf("mix: %q: write kind=share, with a share from 0 to %d", part, maxShare)
		}
		found := false
		for k, of := range read.shares() {
			if kindNames[k] == name {
				found, *of = true, share
			}
		}
		if !found {
			return fmt.Errorf("mix: kind %q: give some of %s", name, strings.Join(kindNames[:], ", "))
		}
	}
	*m = read
	return nil
}
