package peers

import (
	"io"

	"github.com/rcrowley/go-metrics"
)

// Rcrowley returns rcrowley/go-metrics with uniform samples.
func Rcrowley() Library {
	return Library{
		Name: "rcrowley", Module: "github.com/rcrowley/go-metrics",
		Note:           "has no tags: they are part of the name, which by name is looked up as one kept string, or put together by the caller, which is counted; the histogram takes integers, so observations are multiplied by 1,000, and keeps a uniform sample of 1,028 behind a mutex; a flush is WriteOnce, and resets nothing",
		HistogramBytes: 1028 * 8,
		New: func(w io.Writer) (*Session, error) {
			s := &rcrowleySession{metrics.NewRegistry(), func() metrics.Sample { return metrics.NewUniformSample(1028) }}
			return &Session{
				Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
				Count: s.count, Set: s.set, Observe: s.observe, Build: buildValues,
				Flush: s.flush(w), Close: nothing,
			}, nil
		},
	}
}

// RcrowleyDecaying returns rcrowley/go-metrics with samples that decay.
func RcrowleyDecaying() Library {
	return Library{
		Name: "rcrowley, decaying", Module: "github.com/rcrowley/go-metrics",
		Note:           "the same with its sample that prefers late observations, 1,028 of them with alpha 0.015, which reads the clock",
		HistogramBytes: 1028 * 8,
		New: func(w io.Writer) (*Session, error) {
			s := &rcrowleySession{metrics.NewRegistry(), func() metrics.Sample { return metrics.NewExpDecaySample(1028, 0.015) }}
			return &Session{
				Histograms: s.histograms, Observe: s.observe, Build: buildValues, Flush: s.flush(w), Close: nothing,
			}, nil
		},
	}
}

type rcrowleySession struct {
	registry metrics.Registry
	sample   func() metrics.Sample
}

func (s *rcrowleySession) flush(w io.Writer) func() error {
	return func() error {
		metrics.WriteOnce(s.registry, w)
		return nil
	}
}

// The names of the series that has literal strings.
const (
	literalDotted        = "." + literalRoute + "." + literalMethod + "." + literalStatus
	literalCounterName   = counterName + literalDotted
	literalGaugeName     = gaugeName + literalDotted
	literalHistogramName = histogramName + literalDotted
)

// dotted puts a name together. It is small enough to be compiled into the loops.
func dotted(name, route, method, status string) string {
	return name + "." + route + "." + method + "." + status
}

// names are those of all series.
func names(name string, all []Series) []string {
	names := make([]string, len(all))
	for i := range all {
		v := &all[i].Values
		names[i] = dotted(name, v[0], v[1], v[2])
	}
	return names
}

// thousandths is what a histogram of integers observes.
func thousandths(i int) int64 { return int64(1000 * value(i)) }

func (s *rcrowleySession) counters(over Over) Submit {
	handles := make([]metrics.Counter, len(over.Series))
	for i, name := range names(counterName, over.Series) {
		handles[i] = metrics.GetOrRegisterCounter(name, s.registry)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for range n {
				one.Inc(1)
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for range n {
			handles[at.next()].Inc(1)
		}
		*place = at
	}
}

func (s *rcrowleySession) gauges(over Over) Submit {
	handles := make([]metrics.GaugeFloat64, len(over.Series))
	for i, name := range names(gaugeName, over.Series) {
		handles[i] = metrics.GetOrRegisterGaugeFloat64(name, s.registry)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Update(float64(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Update(float64(i))
		}
		*place = at
	}
}

func (s *rcrowleySession) histograms(over Over) Submit {
	handles := make([]metrics.Histogram, len(over.Series))
	for i, name := range names(histogramName, over.Series) {
		handles[i] = s.registry.GetOrRegister(name, s.histogram).(metrics.Histogram)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Update(thousandths(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Update(thousandths(i))
		}
		*place = at
	}
}

// histogram makes one; the registry calls it for a name that it does not have. With
// GetOrRegisterHistogram, a sample would be made in each call.
func (s *rcrowleySession) histogram() metrics.Histogram { return metrics.NewHistogram(s.sample()) }

func (s *rcrowleySession) count(from Strings, over Over) Submit {
	registry, all, place := s.registry, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				metrics.GetOrRegisterCounter(literalCounterName, registry).Inc(1)
			}
		}
	case Kept:
		names := names(counterName, all)
		return func(n int) {
			at := *place
			for range n {
				metrics.GetOrRegisterCounter(names[at.next()], registry).Inc(1)
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			metrics.GetOrRegisterCounter(dotted(counterName, routePrefix+id, methodPrefix+id, statusPrefix+id), registry).Inc(1)
		}
		*place = at
	}
}

func (s *rcrowleySession) set(from Strings, over Over) Submit {
	registry, all, place := s.registry, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				metrics.GetOrRegisterGaugeFloat64(literalGaugeName, registry).Update(float64(i))
			}
		}
	case Kept:
		names := names(gaugeName, all)
		return func(n int) {
			at := *place
			for i := range n {
				metrics.GetOrRegisterGaugeFloat64(names[at.next()], registry).Update(float64(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			metrics.GetOrRegisterGaugeFloat64(dotted(gaugeName, routePrefix+id, methodPrefix+id, statusPrefix+id), registry).Update(float64(i))
		}
		*place = at
	}
}

func (s *rcrowleySession) observe(from Strings, over Over) Submit {
	registry, all, place := s.registry, over.Series, over.walk()
	var made any = s.histogram // converted once: a conversion in the loop would be allocated
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				registry.GetOrRegister(literalHistogramName, made).(metrics.Histogram).Update(thousandths(i))
			}
		}
	case Kept:
		names := names(histogramName, all)
		return func(n int) {
			at := *place
			for i := range n {
				registry.GetOrRegister(names[at.next()], made).(metrics.Histogram).Update(thousandths(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			registry.GetOrRegister(dotted(histogramName, routePrefix+id, methodPrefix+id, statusPrefix+id), made).(metrics.Histogram).Update(thousandths(i))
		}
		*place = at
	}
}
