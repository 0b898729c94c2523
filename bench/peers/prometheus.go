package peers

import (
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// Prometheus returns client_golang with classic histograms and WithLabelValues.
func Prometheus() Library {
	return Library{
		Name: "client_golang", Module: "github.com/prometheus/client_golang",
		Note: "by name is WithLabelValues on a vector that the caller keeps: the name is not looked up, and values are told by their order; the histogram has the 11 default buckets and keeps no samples; a flush is a scrape in text",
		New: func(w io.Writer) (*Session, error) {
			s, err := newPrometheus(prometheus.HistogramOpts{Name: histogramName})
			if err != nil {
				return nil, err
			}
			session := s.session(w, expfmt.NewFormat(expfmt.TypeTextPlain))
			session.Count, session.Set, session.Observe, session.Build = s.count, s.set, s.observe, buildValues
			return session, nil
		},
	}
}

// PrometheusLabels returns client_golang with labels in a map for each submission.
func PrometheusLabels() Library {
	return Library{
		Name: "client_golang, With(Labels)", Module: "github.com/prometheus/client_golang",
		Note: "the same through With, which takes a map: values are told by their keys",
		New: func(w io.Writer) (*Session, error) {
			s, err := newPrometheus(prometheus.HistogramOpts{Name: histogramName})
			if err != nil {
				return nil, err
			}
			session := s.session(w, expfmt.NewFormat(expfmt.TypeTextPlain))
			session.Counters, session.Gauges, session.Histograms = nil, nil, nil // those of Prometheus
			session.Count, session.Observe, session.Build = s.countLabels, s.observeLabels, buildValues
			return session, nil
		},
	}
}

// PrometheusNative returns client_golang with native histograms.
func PrometheusNative() Library {
	return Library{
		Name: "client_golang, native", Module: "github.com/prometheus/client_golang",
		Note: "native histograms with buckets 10 % wide, 160 of them at most; a flush is a scrape in protobuf",
		New: func(w io.Writer) (*Session, error) {
			s, err := newPrometheus(prometheus.HistogramOpts{
				Name: histogramName, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160,
			})
			if err != nil {
				return nil, err
			}
			session := s.session(w, expfmt.NewFormat(expfmt.TypeProtoDelim))
			session.Counters, session.Gauges = nil, nil // those of Prometheus
			session.Observe, session.Build = s.observe, buildValues
			return session, nil
		},
	}
}

type prometheusSession struct {
	registry  *prometheus.Registry
	counter   *prometheus.CounterVec
	gauge     *prometheus.GaugeVec
	histogram *prometheus.HistogramVec
}

func newPrometheus(histogram prometheus.HistogramOpts) (*prometheusSession, error) {
	labels := []string{routeKey, methodKey, statusKey}
	s := &prometheusSession{
		registry:  prometheus.NewRegistry(),
		counter:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: counterName}, labels),
		gauge:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: gaugeName}, labels),
		histogram: prometheus.NewHistogramVec(histogram, labels),
	}
	for _, c := range []prometheus.Collector{s.counter, s.gauge, s.histogram} {
		if err := s.registry.Register(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// session returns what all three ways have in common.
func (s *prometheusSession) session(w io.Writer, format expfmt.Format) *Session {
	return &Session{
		Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
		Flush: func() error {
			families, err := s.registry.Gather()
			if err != nil {
				return err
			}
			encoder := expfmt.NewEncoder(w, format)
			for _, family := range families {
				if err := encoder.Encode(family); err != nil {
					return err
				}
			}
			return nil
		},
		Close: nothing,
	}
}

func (s *prometheusSession) counters(over Over) Submit {
	handles := make([]prometheus.Counter, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.counter.WithLabelValues(series.Values[:]...)
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

func (s *prometheusSession) gauges(over Over) Submit {
	handles := make([]prometheus.Gauge, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.gauge.WithLabelValues(series.Values[:]...)
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

func (s *prometheusSession) histograms(over Over) Submit {
	handles := make([]prometheus.Observer, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.histogram.WithLabelValues(series.Values[:]...)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Observe(value(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Observe(value(i))
		}
		*place = at
	}
}

func (s *prometheusSession) count(from Strings, over Over) Submit {
	vector, all, place := s.counter, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				vector.WithLabelValues(literalRoute, literalMethod, literalStatus).Inc()
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				vector.WithLabelValues(v[0], v[1], v[2]).Inc()
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			vector.WithLabelValues(routePrefix+id, methodPrefix+id, statusPrefix+id).Inc()
		}
		*place = at
	}
}

func (s *prometheusSession) set(from Strings, over Over) Submit {
	vector, all, place := s.gauge, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				vector.WithLabelValues(literalRoute, literalMethod, literalStatus).Set(float64(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				vector.WithLabelValues(v[0], v[1], v[2]).Set(float64(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			vector.WithLabelValues(routePrefix+id, methodPrefix+id, statusPrefix+id).Set(float64(i))
		}
		*place = at
	}
}

func (s *prometheusSession) observe(from Strings, over Over) Submit {
	vector, all, place := s.histogram, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				vector.WithLabelValues(literalRoute, literalMethod, literalStatus).Observe(value(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				vector.WithLabelValues(v[0], v[1], v[2]).Observe(value(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			vector.WithLabelValues(routePrefix+id, methodPrefix+id, statusPrefix+id).Observe(value(i))
		}
		*place = at
	}
}

func (s *prometheusSession) countLabels(from Strings, over Over) Submit {
	vector, all, place := s.counter, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				vector.With(prometheus.Labels{routeKey: literalRoute, methodKey: literalMethod, statusKey: literalStatus}).Inc()
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				vector.With(prometheus.Labels{routeKey: v[0], methodKey: v[1], statusKey: v[2]}).Inc()
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			vector.With(prometheus.Labels{routeKey: routePrefix + id, methodKey: methodPrefix + id, statusKey: statusPrefix + id}).Inc()
		}
		*place = at
	}
}

func (s *prometheusSession) observeLabels(from Strings, over Over) Submit {
	vector, all, place := s.histogram, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				vector.With(prometheus.Labels{routeKey: literalRoute, methodKey: literalMethod, statusKey: literalStatus}).Observe(value(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				vector.With(prometheus.Labels{routeKey: v[0], methodKey: v[1], statusKey: v[2]}).Observe(value(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			vector.With(prometheus.Labels{routeKey: routePrefix + id, methodKey: methodPrefix + id, statusKey: statusPrefix + id}).Observe(value(i))
		}
		*place = at
	}
}
