package peers

import (
	"io"

	"github.com/VictoriaMetrics/metrics"
)

// Victoria returns VictoriaMetrics/metrics with whole keys that the caller keeps
// where it can.
func Victoria() Library {
	return Library{
		Name: "VictoriaMetrics", Module: "github.com/VictoriaMetrics/metrics",
		Note: `by name is GetOrCreate with the whole key, name{tag="value",…}, as one string: literal and kept keys are looked up as they are, and with built strings the caller puts the key together in each call, which is counted; the histogram has logarithmic buckets 13 % wide and keeps no samples; a flush is a scrape in text`,
		New: func(w io.Writer) (*Session, error) {
			s := &victoriaSession{metrics.NewSet()}
			session := s.session(w)
			session.Count, session.Set, session.Observe, session.Build = s.count, s.setGauge, s.observe, buildValues
			return session, nil
		},
	}
}

// VictoriaFormatted returns VictoriaMetrics/metrics with a key put together for each
// submission: what a caller does who has the tags and not the key.
func VictoriaFormatted() Library {
	return Library{
		Name: "VictoriaMetrics, key per call", Module: "github.com/VictoriaMetrics/metrics",
		Note: "the same with the key put together from name and tags in each call, by one concatenation, also where the tags are kept",
		New: func(w io.Writer) (*Session, error) {
			s := &victoriaSession{metrics.NewSet()}
			session := s.session(w)
			session.Counters, session.Gauges, session.Histograms = nil, nil, nil // those of Victoria
			session.Count, session.Observe = s.countFormatted, s.observeFormatted
			return session, nil
		},
	}
}

type victoriaSession struct{ set *metrics.Set }

func (s *victoriaSession) session(w io.Writer) *Session {
	return &Session{
		Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
		Flush: func() error {
			s.set.WritePrometheus(w)
			return nil
		},
		Close: nothing,
	}
}

// The whole keys of the series that has literal strings.
const (
	literalLabels       = `{` + routeKey + `="` + literalRoute + `",` + methodKey + `="` + literalMethod + `",` + statusKey + `="` + literalStatus + `"}`
	literalCounterKey   = counterName + literalLabels
	literalGaugeKey     = gaugeName + literalLabels
	literalHistogramKey = histogramName + literalLabels
)

// key puts a whole key together. It is small enough to be compiled into the loops.
func key(name, route, method, status string) string {
	return name + `{` + routeKey + `="` + route + `",` + methodKey + `="` + method + `",` + statusKey + `="` + status + `"}`
}

// keys are those of all series of a name.
func keys(name string, all []Series) []string {
	keys := make([]string, len(all))
	for i := range all {
		v := &all[i].Values
		keys[i] = key(name, v[0], v[1], v[2])
	}
	return keys
}

func (s *victoriaSession) counters(over Over) Submit {
	handles := make([]*metrics.Counter, len(over.Series))
	for i, key := range keys(counterName, over.Series) {
		handles[i] = s.set.GetOrCreateCounter(key)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for range n {
				one.Inc()
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for range n {
			handles[at.next()].Inc()
		}
		*place = at
	}
}

func (s *victoriaSession) gauges(over Over) Submit {
	handles := make([]*metrics.Gauge, len(over.Series))
	for i, key := range keys(gaugeName, over.Series) {
		handles[i] = s.set.GetOrCreateGauge(key, nil)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Set(float64(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Set(float64(i))
		}
		*place = at
	}
}

func (s *victoriaSession) histograms(over Over) Submit {
	handles := make([]*metrics.Histogram, len(over.Series))
	for i, key := range keys(histogramName, over.Series) {
		handles[i] = s.set.GetOrCreateHistogram(key)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Update(value(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Update(value(i))
		}
		*place = at
	}
}

func (s *victoriaSession) count(from Strings, over Over) Submit {
	set, all, place := s.set, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				set.GetOrCreateCounter(literalCounterKey).Inc()
			}
		}
	case Kept:
		keys := keys(counterName, all)
		return func(n int) {
			at := *place
			for range n {
				set.GetOrCreateCounter(keys[at.next()]).Inc()
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			set.GetOrCreateCounter(key(counterName, routePrefix+id, methodPrefix+id, statusPrefix+id)).Inc()
		}
		*place = at
	}
}

func (s *victoriaSession) setGauge(from Strings, over Over) Submit {
	set, all, place := s.set, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				set.GetOrCreateGauge(literalGaugeKey, nil).Set(float64(i))
			}
		}
	case Kept:
		keys := keys(gaugeName, all)
		return func(n int) {
			at := *place
			for i := range n {
				set.GetOrCreateGauge(keys[at.next()], nil).Set(float64(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			set.GetOrCreateGauge(key(gaugeName, routePrefix+id, methodPrefix+id, statusPrefix+id), nil).Set(float64(i))
		}
		*place = at
	}
}

func (s *victoriaSession) observe(from Strings, over Over) Submit {
	set, all, place := s.set, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				set.GetOrCreateHistogram(literalHistogramKey).Update(value(i))
			}
		}
	case Kept:
		keys := keys(histogramName, all)
		return func(n int) {
			at := *place
			for i := range n {
				set.GetOrCreateHistogram(keys[at.next()]).Update(value(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			set.GetOrCreateHistogram(key(histogramName, routePrefix+id, methodPrefix+id, statusPrefix+id)).Update(value(i))
		}
		*place = at
	}
}

// literalValues are read at run time, so that the compiler does not put the key
// together.
var literalValues = [3]string{literalRoute, literalMethod, literalStatus}

// countFormatted has no built strings: that is what [Victoria] does with them.
func (s *victoriaSession) countFormatted(from Strings, over Over) Submit {
	set, all, place := s.set, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				v := &literalValues
				set.GetOrCreateCounter(key(counterName, v[0], v[1], v[2])).Inc()
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				set.GetOrCreateCounter(key(counterName, v[0], v[1], v[2])).Inc()
			}
			*place = at
		}
	}
	return nil
}

func (s *victoriaSession) observeFormatted(from Strings, over Over) Submit {
	set, all, place := s.set, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				v := &literalValues
				set.GetOrCreateHistogram(key(histogramName, v[0], v[1], v[2])).Update(value(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				set.GetOrCreateHistogram(key(histogramName, v[0], v[1], v[2])).Update(value(i))
			}
			*place = at
		}
	}
	return nil
}
