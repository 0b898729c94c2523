package peers

import (
	"io"

	"github.com/DataDog/datadog-go/v5/statsd"
)

// Datadog returns datadog-go with aggregation of every kind in the client
// (extended aggregation), its fastest mode.
func Datadog() Library {
	return Library{
		Name: "datadog-go", Module: "github.com/DataDog/datadog-go/v5",
		Note: "extended aggregation, no telemetry of its own; sums are kept between flushes by name and tags as they are written, so that the same tags in another order are another series; a histogram keeps every value until the flush; no bound handles. Literal tags are a slice written at the call, as its documentation has it; kept ones a slice that the caller keeps",
		New:  newDatadog(),
	}
}

// DatadogSharded returns datadog-go with the settings that it has against
// contention and for bounded memory.
func DatadogSharded() Library {
	return Library{
		Name: "datadog-go, 8 shards", Module: "github.com/DataDog/datadog-go/v5",
		Note:           "the same with WithAggregatorShardCount(8), which spreads series, not goroutines, and at most 1,000 samples of a histogram (WithMaxSamplesPerContext)",
		HistogramBytes: 1000 * 8,
		New:            newDatadog(statsd.WithAggregatorShardCount(8), statsd.WithMaxSamplesPerContext(1000)),
	}
}

func newDatadog(more ...statsd.Option) func(io.Writer) (*Session, error) {
	return func(w io.Writer) (*Session, error) {
		client, err := statsd.NewWithWriter(writeCloser{w}, append([]statsd.Option{
			statsd.WithExtendedClientSideAggregation(), statsd.WithoutTelemetry(), statsd.WithoutOriginDetection(),
			statsd.WithAggregationInterval(never), // flushed when told
		}, more...)...)
		if err != nil {
			return nil, err
		}
		s := &datadogSession{client}
		return &Session{
			Count: s.count, Set: s.set, Observe: s.observe, Build: buildTags,
			Flush: client.Flush, Close: client.Close,
		}, nil
	}
}

type datadogSession struct{ client *statsd.Client }

func (s *datadogSession) count(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				_ = client.Count(counterName, 1, []string{literalRouteTag, literalMethodTag, literalStatusTag}, 1)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				_ = client.Count(counterName, 1, all[at.next()].Tags[:], 1)
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			_ = client.Count(counterName, 1, []string{routeTag + id, methodTag + id, statusTag + id}, 1)
		}
		*place = at
	}
}

func (s *datadogSession) set(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				_ = client.Gauge(gaugeName, float64(i), []string{literalRouteTag, literalMethodTag, literalStatusTag}, 1)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				_ = client.Gauge(gaugeName, float64(i), all[at.next()].Tags[:], 1)
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			_ = client.Gauge(gaugeName, float64(i), []string{routeTag + id, methodTag + id, statusTag + id}, 1)
		}
		*place = at
	}
}

func (s *datadogSession) observe(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				_ = client.Histogram(histogramName, value(i), []string{literalRouteTag, literalMethodTag, literalStatusTag}, 1)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				_ = client.Histogram(histogramName, value(i), all[at.next()].Tags[:], 1)
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			_ = client.Histogram(histogramName, value(i), []string{routeTag + id, methodTag + id, statusTag + id}, 1)
		}
		*place = at
	}
}
