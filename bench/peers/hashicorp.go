package peers

import (
	"encoding/json"
	"io"
	"time"

	"github.com/hashicorp/go-metrics"
)

// Hashicorp returns hashicorp/go-metrics with its sink in memory.
func Hashicorp() Library {
	return Library{
		Name: "hashicorp/go-metrics", Module: "github.com/hashicorp/go-metrics",
		Note: "the sink in memory, one interval, no runtime metrics; values are float32, a counter keeps sum, minimum, maximum and squares, a histogram the same and no samples; no bound handles; a flush is what its page shows, as JSON, and resets nothing",
		New: func(w io.Writer) (*Session, error) {
			sink := metrics.NewInmemSink(never, 2*never)
			m, err := metrics.New(&metrics.Config{FilterDefault: true, TimerGranularity: time.Millisecond}, sink)
			if err != nil {
				return nil, err
			}
			s := &hashicorpSession{m}
			return &Session{
				Count: s.count, Set: s.set, Observe: s.observe, Build: buildValues,
				Flush: func() error {
					summary, err := sink.DisplayMetrics(nil, nil)
					if err != nil {
						return err
					}
					return json.NewEncoder(w).Encode(summary)
				},
				Close: nothing,
			}, nil
		},
	}
}

type hashicorpSession struct{ metrics *metrics.Metrics }

func (s *hashicorpSession) count(from Strings, over Over) Submit {
	m, all, place := s.metrics, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				m.IncrCounterWithLabels([]string{counterName}, 1, []metrics.Label{{Name: routeKey, Value: literalRoute}, {Name: methodKey, Value: literalMethod}, {Name: statusKey, Value: literalStatus}})
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				m.IncrCounterWithLabels([]string{counterName}, 1, []metrics.Label{{Name: routeKey, Value: v[0]}, {Name: methodKey, Value: v[1]}, {Name: statusKey, Value: v[2]}})
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			m.IncrCounterWithLabels([]string{counterName}, 1, []metrics.Label{{Name: routeKey, Value: routePrefix + id}, {Name: methodKey, Value: methodPrefix + id}, {Name: statusKey, Value: statusPrefix + id}})
		}
		*place = at
	}
}

func (s *hashicorpSession) set(from Strings, over Over) Submit {
	m, all, place := s.metrics, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				m.SetGaugeWithLabels([]string{gaugeName}, float32(i), []metrics.Label{{Name: routeKey, Value: literalRoute}, {Name: methodKey, Value: literalMethod}, {Name: statusKey, Value: literalStatus}})
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				m.SetGaugeWithLabels([]string{gaugeName}, float32(i), []metrics.Label{{Name: routeKey, Value: v[0]}, {Name: methodKey, Value: v[1]}, {Name: statusKey, Value: v[2]}})
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			m.SetGaugeWithLabels([]string{gaugeName}, float32(i), []metrics.Label{{Name: routeKey, Value: routePrefix + id}, {Name: methodKey, Value: methodPrefix + id}, {Name: statusKey, Value: statusPrefix + id}})
		}
		*place = at
	}
}

func (s *hashicorpSession) observe(from Strings, over Over) Submit {
	m, all, place := s.metrics, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				m.AddSampleWithLabels([]string{histogramName}, float32(value(i)), []metrics.Label{{Name: routeKey, Value: literalRoute}, {Name: methodKey, Value: literalMethod}, {Name: statusKey, Value: literalStatus}})
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				m.AddSampleWithLabels([]string{histogramName}, float32(value(i)), []metrics.Label{{Name: routeKey, Value: v[0]}, {Name: methodKey, Value: v[1]}, {Name: statusKey, Value: v[2]}})
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			m.AddSampleWithLabels([]string{histogramName}, float32(value(i)), []metrics.Label{{Name: routeKey, Value: routePrefix + id}, {Name: methodKey, Value: methodPrefix + id}, {Name: statusKey, Value: statusPrefix + id}})
		}
		*place = at
	}
}
