package peers

import (
	"context"
	"io"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/stdout"
)

// Shardstats returns ours, with its defaults but for the number of series and what
// opts say. It writes lines of JSON.
func Shardstats(opts ...stats.Option) Library {
	return Library{
		Name: ourName, Module: "github.com/shardstats/shardstats",
		New: func(w io.Writer) (*Session, error) {
			opts := append([]stats.Option{
				stats.WithTransport(stdout.New(w)), stats.WithManualFlush(), stats.WithSeriesLimit(2_000_000),
			}, opts...)
			client, err := stats.New(opts...)
			if err != nil {
				return nil, err
			}
			s := &shardstatsSession{client}
			return &Session{
				Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
				Count: s.count, Set: s.set, Observe: s.observe, Build: buildTags,
				Flush: func() error { return client.Flush(context.Background()) },
				Close: client.Close,
			}, nil
		},
	}
}

type shardstatsSession struct{ client *stats.Client }

func (s *shardstatsSession) counters(over Over) Submit {
	handles := make([]*stats.Counter, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.client.NewCounter(counterName, series.Tags[:]...)
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

func (s *shardstatsSession) gauges(over Over) Submit {
	handles := make([]*stats.Gauge, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.client.NewGauge(gaugeName, series.Tags[:]...)
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

func (s *shardstatsSession) histograms(over Over) Submit {
	handles := make([]*stats.Histogram, len(over.Series))
	for i, series := range over.Series {
		handles[i] = s.client.NewHistogram(histogramName, series.Tags[:]...)
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

func (s *shardstatsSession) count(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				client.Increment(counterName, literalRouteTag, literalMethodTag, literalStatusTag)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				t := &all[at.next()].Tags
				client.Increment(counterName, t[0], t[1], t[2])
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			client.Increment(counterName, routeTag+id, methodTag+id, statusTag+id)
		}
		*place = at
	}
}

func (s *shardstatsSession) set(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				client.Gauge(gaugeName, float64(i), literalRouteTag, literalMethodTag, literalStatusTag)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				t := &all[at.next()].Tags
				client.Gauge(gaugeName, float64(i), t[0], t[1], t[2])
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			client.Gauge(gaugeName, float64(i), routeTag+id, methodTag+id, statusTag+id)
		}
		*place = at
	}
}

func (s *shardstatsSession) observe(from Strings, over Over) Submit {
	client, all, place := s.client, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				client.Histogram(histogramName, value(i), literalRouteTag, literalMethodTag, literalStatusTag)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				t := &all[at.next()].Tags
				client.Histogram(histogramName, value(i), t[0], t[1], t[2])
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			client.Histogram(histogramName, value(i), routeTag+id, methodTag+id, statusTag+id)
		}
		*place = at
	}
}
