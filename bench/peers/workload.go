package peers

import (
	"fmt"
	"time"
)

// Workload is one way of submitting, the same for every library that has it.
type Workload struct {
	// Family is what the workloads of one table have in common.
	Family     string
	Kind       Kind
	Bound      bool
	Strings    Strings // if not Bound
	Series     int
	LongTags   bool // of 29 bytes and more, instead of 14 and less
	Goroutines int
	// Flushing says that the session is flushed meanwhile, without a pause.
	Flushing bool
	// Share is the part of the whole time that this one gets, relative to others.
	Share float64
	// Round is about how long a round of one library takes.
	Round time.Duration
}

// Kind is the kind of a metric.
type Kind int

// The kinds that every workload is one of.
const (
	Counter Kind = iota
	Gauge
	Histogram
)

// Name tells the workload from all others.
func (w *Workload) Name() string {
	if w.Goroutines == 1 {
		return w.Family + ", 1 goroutine"
	}
	return fmt.Sprintf("%s, %d goroutines", w.Family, w.Goroutines)
}

// The families that goals and the README are about.
const (
	boundCounter     = "bound counter"
	boundHistogram   = "bound histogram"
	literalCounter   = "counter by name, 3 literal tags"
	keptCounter      = "counter by name, 3 kept tags"
	literalHistogram = "histogram by name, 3 literal tags"
)

// Workloads returns what is measured, in the order of the tables.
func Workloads() []Workload {
	const short, long = time.Millisecond, 4 * time.Millisecond // of one goroutine, of two
	var all []Workload
	add := func(w Workload, goroutines ...int) {
		for _, n := range goroutines {
			w.Goroutines = n
			if w.Share == 0 {
				w.Share = 1
			}
			if w.Round == 0 {
				w.Round = short
			}
			if n > 1 {
				w.Round = max(w.Round, long)
			}
			all = append(all, w)
		}
	}
	add(Workload{Family: boundCounter, Kind: Counter, Bound: true, Series: 1}, 1, 2)
	add(Workload{Family: boundHistogram, Kind: Histogram, Bound: true, Series: 1}, 1, 2)
	add(Workload{Family: "bound gauge", Kind: Gauge, Bound: true, Series: 1}, 1, 2)
	add(Workload{Family: literalCounter, Kind: Counter, Strings: Literal, Series: 1}, 1, 2)
	add(Workload{Family: keptCounter, Kind: Counter, Strings: Kept, Series: 1}, 1, 2)
	add(Workload{Family: literalHistogram, Kind: Histogram, Strings: Literal, Series: 1}, 1, 2)
	add(Workload{Family: "gauge by name, 3 literal tags", Kind: Gauge, Strings: Literal, Series: 1}, 1, 2)
	add(Workload{Family: "bound counters, 1,000 series", Kind: Counter, Bound: true, Series: 1000}, 1, 2)
	add(Workload{Family: "counter by name, kept tags, 1,000 series", Kind: Counter, Strings: Kept, Series: 1000}, 1, 2)
	add(Workload{Family: "counter by name, kept tags of 30 bytes, 1,000 series", Kind: Counter, Strings: Kept, Series: 1000, LongTags: true}, 1, 2)
	add(Workload{Family: "counter by name, built tags, 1,000 series", Kind: Counter, Strings: Built, Series: 1000}, 1, 2)
	add(Workload{Family: "histogram by name, kept tags, 1,000 series", Kind: Histogram, Strings: Kept, Series: 1000}, 1, 2)
	add(Workload{Family: "histogram by name, built tags, 1,000 series", Kind: Histogram, Strings: Built, Series: 1000}, 1, 2)
	add(Workload{Family: "bound counters, 100,000 series", Kind: Counter, Bound: true, Series: 100_000, Share: 1.5}, 1, 2)
	add(Workload{Family: "counter by name, kept tags, 100,000 series", Kind: Counter, Strings: Kept, Series: 100_000, Share: 2}, 1, 2)
	add(Workload{Family: "histogram by name, kept tags, 100,000 series", Kind: Histogram, Strings: Kept, Series: 100_000, Share: 2}, 1)

	// A round has to be long beside a flush, or it would see a part of one only.
	flushing := Workload{Series: 1000, Flushing: true, Share: 1.5, Round: 10 * time.Millisecond}
	bound := flushing
	bound.Family, bound.Kind, bound.Bound = "bound counters, 1,000 series, while flushing", Counter, true
	add(bound, 1)
	named := flushing
	named.Family, named.Kind, named.Strings = "counter by name, kept tags, 1,000 series, while flushing", Counter, Kept
	add(named, 1)
	named.Family, named.Kind = "histogram by name, kept tags, 1,000 series, while flushing", Histogram
	add(named, 1)
	many := flushing
	many.Family, many.Kind, many.Strings = "counter by name, kept tags, 100,000 series, while flushing", Counter, Kept
	many.Series, many.Share, many.Round = 100_000, 3, 100*time.Millisecond
	add(many, 1)
	return all
}

// submit returns what submits to a session over series; nil if its library has no
// such thing.
func (w *Workload) submit(s *Session, over Over) Submit {
	of := [...]func(Over) Submit{s.Counters, s.Gauges, s.Histograms}[w.Kind]
	if !w.Bound {
		named := [...]func(Strings, Over) Submit{s.Count, s.Set, s.Observe}[w.Kind]
		if named == nil {
			return nil
		}
		of = func(over Over) Submit { return named(w.Strings, over) }
	}
	if of == nil {
		return nil
	}
	return of(over)
}

// series returns what w goes over.
func (w *Workload) series() []Series {
	if w.LongTags {
		return newLongSeriesSet(w.Series)
	}
	return NewSeriesSet(w.Series)
}

// suits reports whether w can be measured with a library.
func (w *Workload) suits(library *Library) bool {
	if w.Flushing && library.StandIn {
		return false
	}
	return w.Kind != Histogram || w.Series*library.HistogramBytes <= maxHistogramBytes
}

// maxHistogramBytes is how much memory one library may take for histograms that are
// as large empty as full.
const maxHistogramBytes = 256 << 20
