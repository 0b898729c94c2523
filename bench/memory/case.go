package memory

import (
	"fmt"
	"slices"
)

// Kind is a kind of series.
type Kind string

// The kinds that every library here has.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Case is one thing to measure.
type Case struct {
	Library string
	Kind    Kind
	Series  int
	// Observations is how many a histogram gets in each interval.
	Observations int
	// Shards is what WithShards is given; 0: the default. Ours only.
	Shards int
	// LongTags makes tags of some 30 bytes instead of some 10.
	LongTags bool
}

// String names a case in one line.
func (c Case) String() string {
	s := fmt.Sprintf("%s: %d %ss", c.Library, c.Series, c.Kind)
	if c.Kind == Histogram {
		s += fmt.Sprintf(" of %d", c.Observations)
	}
	if c.Shards > 0 {
		s += fmt.Sprintf(", %d shards", c.Shards)
	}
	if c.LongTags {
		s += ", long tags"
	}
	return s
}

func (c Case) check() error {
	switch {
	case !slices.Contains([]Kind{Counter, Gauge, Histogram}, c.Kind):
		return fmt.Errorf("memory: kind %q: give counter, gauge or histogram", c.Kind)
	case c.Series < 1:
		return fmt.Errorf("memory: %d series: give 1 or more", c.Series)
	case c.Kind == Histogram && c.Observations < 1:
		return fmt.Errorf("memory: histograms of %d observations: give 1 or more", c.Observations)
	}
	return nil
}

// Cost is what a case was found to cost, in bytes of heap per series.
type Cost struct {
	Case Case
	// First is after the first submissions to each series.
	First float64
	// Flushed is in the steady state, after a flush.
	Flushed float64
	// Full is in the steady state, before a flush: what an interval brought included.
	Full float64
	// PeakBytes is the most memory the process had; 0 where the system does not say.
	PeakBytes int64
	// Seconds is how long it took.
	Seconds float64
	// Skipped says why there is no figure; "" if there is one.
	Skipped string
}

// series is what a submission names. The strings are the caller's.
type series struct {
	name string
	tags [3]string
}

// makeSeries returns n series with three tags: one that tells them apart, and two
// of a handful of values.
func makeSeries(n int, long bool) []series {
	methods := []string{"method:GET", "method:PUT", "method:POST"}
	statuses := []string{"status:200", "status:404", "status:500", "status:503"}
	prefix := "user:"
	if long {
		prefix = "user:customers/by-number/"
	}
	all := make([]series, n)
	for i := range all {
		all[i] = series{"http.requests", [3]string{
			fmt.Sprintf("%s%07d", prefix, i), methods[i%len(methods)], statuses[i%len(statuses)],
		}}
	}
	return all
}
