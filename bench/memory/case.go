package memory

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shardstats/shardstats/bench/peers"
)

// Kind is a kind of series.
type Kind string

// The kinds that every library here has.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Ours is the name of this library.
const Ours = "shardstats"

// Case is one thing to measure.
type Case struct {
	Library string
	Kind    Kind
	Series  int
	// Observations is how many a histogram gets in each interval.
	Observations int
	// Shards is what WithShards is given; 0: the default. Ours only.
	Shards int
	// LongTags makes a tag of some 30 bytes instead of some 13.
	LongTags bool
	// Profile is a file for a heap profile of the steady state before a flush; "": none.
	Profile string
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
	var errs []error
	if !slices.Contains([]Kind{Counter, Gauge, Histogram}, c.Kind) {
		errs = append(errs, fmt.Errorf("memory: kind %q: give counter, gauge or histogram", c.Kind))
	}
	if c.Series < 2 {
		errs = append(errs, fmt.Errorf("memory: %d series: give 2 or more", c.Series))
	}
	if c.Kind == Histogram && c.Observations < 1 {
		errs = append(errs, fmt.Errorf("memory: histograms of %d observations: give 1 or more", c.Observations))
	}
	return errors.Join(errs...)
}

// Cost is what a case was found to cost, in bytes of heap per series.
type Cost struct {
	Case Case
	// First is after the first submissions to each series.
	First float64
	// Full is in the steady state, before a flush: what an interval brought included.
	Full float64
	// Flushed is in the steady state, after a flush.
	Flushed float64
	// PeakBytes is the most memory the process had; 0 where the system does not say.
	PeakBytes int64
	// Seconds is the processor time it took, in a process of its own.
	Seconds float64
	// Skipped says why there is no figure; "" if there is one.
	Skipped string
}

// makeSeries returns n series with three tags: one that tells them apart, and two
// of a handful of values.
func makeSeries(n int, long bool) []peers.Series {
	methods := []string{"GET", "PUT", "POST"}
	statuses := []string{"200", "404", "500", "503"}
	prefix := "u"
	if long {
		prefix = "/customers/by-number/"
	}
	tag := func(key, value string) (tag, part string) {
		tag = key + ":" + value
		return tag, tag[len(key)+1:]
	}
	all := make([]peers.Series, n)
	for i := range all {
		s := &all[i]
		s.ID = fmt.Sprint(i)
		s.Tags[0], s.Values[0] = tag("route", fmt.Sprintf("%s%07d", prefix, i))
		s.Tags[1], s.Values[1] = tag("method", methods[i%len(methods)])
		s.Tags[2], s.Values[2] = tag("status", statuses[i%len(statuses)])
	}
	return all
}
