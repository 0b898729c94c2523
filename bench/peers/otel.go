package peers

import (
	"context"
	"errors"
	"io"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// OTel returns OpenTelemetry's SDK with delta temporality.
func OTel() Library {
	return Library{
		Name: "OTel SDK", Module: "go.opentelemetry.io/otel/sdk/metric",
		Note: "delta temporality, no exemplars, no limit on cardinality; bound is an instrument with a prepared attribute set, which is looked up in each call; by name is WithAttributes on an instrument that the caller keeps: the name is not looked up; the histogram has the 15 default buckets and keeps no samples; a flush is Collect and OTLP, marshalled by the Collector's structures, which is faster than its own exporters",
		New:  newOTel,
	}
}

type otelSession struct {
	counter   metric.Int64Counter
	gauge     metric.Float64Gauge
	histogram metric.Float64Histogram
}

func newOTel(w io.Writer) (*Session, error) {
	reader := sdk.NewManualReader(sdk.WithTemporalitySelector(func(kind sdk.InstrumentKind) metricdata.Temporality {
		if kind == sdk.InstrumentKindGauge {
			return metricdata.CumulativeTemporality
		}
		return metricdata.DeltaTemporality
	}))
	provider := sdk.NewMeterProvider(
		sdk.WithReader(reader), sdk.WithExemplarFilter(exemplar.AlwaysOffFilter), sdk.WithCardinalityLimit(0),
	)
	meter := provider.Meter("peers")
	s := new(otelSession)
	var err [3]error
	s.counter, err[0] = meter.Int64Counter(counterName)
	s.gauge, err[1] = meter.Float64Gauge(gaugeName)
	s.histogram, err[2] = meter.Float64Histogram(histogramName)
	if err := errors.Join(err[:]...); err != nil {
		return nil, err
	}
	var collected metricdata.ResourceMetrics // reused, as periodic readers do
	return &Session{
		Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
		Count: s.count, Observe: s.observe, Set: s.set, Build: buildValues,
		Flush: func() error {
			if err := reader.Collect(context.Background(), &collected); err != nil {
				return err
			}
			body, err := marshalOTLP(&collected)
			if err != nil {
				return err
			}
			_, err = w.Write(body)
			return err
		},
		Close: func() error { return provider.Shutdown(context.Background()) },
	}, nil
}

// set returns the prepared attributes of a series.
func (s *Series) set() metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(
		attribute.String(routeKey, s.Values[0]), attribute.String(methodKey, s.Values[1]), attribute.String(statusKey, s.Values[2]),
	))
}

func (s *otelSession) counters(over Over) Submit {
	ctx, counter, place := context.Background(), s.counter, over.walk()
	// Slices that are kept: one made at the call is allocated.
	options := make([][]metric.AddOption, len(over.Series))
	for i := range over.Series {
		options[i] = []metric.AddOption{over.Series[i].set()}
	}
	if len(options) == 1 {
		one := options[0]
		return func(n int) {
			for range n {
				counter.Add(ctx, 1, one...)
			}
		}
	}
	return func(n int) {
		at := *place
		for range n {
			counter.Add(ctx, 1, options[at.next()]...)
		}
		*place = at
	}
}

func (s *otelSession) gauges(over Over) Submit {
	ctx, gauge, place := context.Background(), s.gauge, over.walk()
	options := recordOptions(over.Series)
	if len(options) == 1 {
		one := options[0]
		return func(n int) {
			for i := range n {
				gauge.Record(ctx, float64(i), one...)
			}
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			gauge.Record(ctx, float64(i), options[at.next()]...)
		}
		*place = at
	}
}

func (s *otelSession) histograms(over Over) Submit {
	ctx, histogram, place := context.Background(), s.histogram, over.walk()
	options := recordOptions(over.Series)
	if len(options) == 1 {
		one := options[0]
		return func(n int) {
			for i := range n {
				histogram.Record(ctx, value(i), one...)
			}
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			histogram.Record(ctx, value(i), options[at.next()]...)
		}
		*place = at
	}
}

func recordOptions(all []Series) [][]metric.RecordOption {
	options := make([][]metric.RecordOption, len(all))
	for i := range all {
		options[i] = []metric.RecordOption{all[i].set()}
	}
	return options
}

func (s *otelSession) count(from Strings, over Over) Submit {
	ctx, counter, all, place := context.Background(), s.counter, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				counter.Add(ctx, 1, metric.WithAttributes(attribute.String(routeKey, literalRoute), attribute.String(methodKey, literalMethod), attribute.String(statusKey, literalStatus)))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				counter.Add(ctx, 1, metric.WithAttributes(attribute.String(routeKey, v[0]), attribute.String(methodKey, v[1]), attribute.String(statusKey, v[2])))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			counter.Add(ctx, 1, metric.WithAttributes(attribute.String(routeKey, routePrefix+id), attribute.String(methodKey, methodPrefix+id), attribute.String(statusKey, statusPrefix+id)))
		}
		*place = at
	}
}

func (s *otelSession) set(from Strings, over Over) Submit {
	ctx, gauge, all, place := context.Background(), s.gauge, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				gauge.Record(ctx, float64(i), metric.WithAttributes(attribute.String(routeKey, literalRoute), attribute.String(methodKey, literalMethod), attribute.String(statusKey, literalStatus)))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				gauge.Record(ctx, float64(i), metric.WithAttributes(attribute.String(routeKey, v[0]), attribute.String(methodKey, v[1]), attribute.String(statusKey, v[2])))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			gauge.Record(ctx, float64(i), metric.WithAttributes(attribute.String(routeKey, routePrefix+id), attribute.String(methodKey, methodPrefix+id), attribute.String(statusKey, statusPrefix+id)))
		}
		*place = at
	}
}

func (s *otelSession) observe(from Strings, over Over) Submit {
	ctx, histogram, all, place := context.Background(), s.histogram, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				histogram.Record(ctx, value(i), metric.WithAttributes(attribute.String(routeKey, literalRoute), attribute.String(methodKey, literalMethod), attribute.String(statusKey, literalStatus)))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				histogram.Record(ctx, value(i), metric.WithAttributes(attribute.String(routeKey, v[0]), attribute.String(methodKey, v[1]), attribute.String(statusKey, v[2])))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			histogram.Record(ctx, value(i), metric.WithAttributes(attribute.String(routeKey, routePrefix+id), attribute.String(methodKey, methodPrefix+id), attribute.String(statusKey, statusPrefix+id)))
		}
		*place = at
	}
}
