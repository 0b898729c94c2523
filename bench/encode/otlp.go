package encode

import (
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
)

func oursOTLP(compression otlp.Compression) func([]transport.Series) (*Encoder, error) {
	return func(series []transport.Series) (*Encoder, error) {
		in := &intake{status: http.StatusOK, header: http.Header{"Content-Type": {"application/x-protobuf"}}}
		t, err := otlp.New(otlp.Config{Endpoint: "http://collector.invalid", ServiceName: "shop", Compression: compression, Client: in.client()})
		if err != nil {
			return nil, err
		}
		return sender(t, series, in), nil
	}
}

// pdata fills the Collector's own structures, a metric for each name, and has them
// marshalled.
func pdata(series []transport.Series) (*Encoder, error) {
	in := new(intake)
	encode := func() error {
		all := pmetric.NewMetrics()
		resource := all.ResourceMetrics().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", "shop")
		scope := resource.ScopeMetrics().AppendEmpty()
		metrics := map[string]pmetric.Metric{}
		for i := range series {
			s := &series[i]
			m, known := metrics[s.Name]
			if !known {
				m = scope.Metrics().AppendEmpty()
				m.SetName(s.Name)
				metrics[s.Name] = m
			}
			start := time.Unix(s.Points[0].Unix, 0)
			from, to := pcommon.NewTimestampFromTime(start), pcommon.NewTimestampFromTime(start.Add(s.Interval))
			switch s.Kind {
			case transport.KindCount:
				if !known {
					sum := m.SetEmptySum()
					sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
					sum.SetIsMonotonic(true)
				}
				p := m.Sum().DataPoints().AppendEmpty()
				p.SetStartTimestamp(from)
				p.SetTimestamp(to)
				p.SetDoubleValue(s.Points[0].Value)
				putTags(p.Attributes(), s.Tags)
			case transport.KindHistogram:
				if !known {
					m.SetEmptySummary()
				}
				p := m.Summary().DataPoints().AppendEmpty()
				p.SetStartTimestamp(from)
				p.SetTimestamp(to)
				sum := s.Points[0].Summary
				p.SetCount(uint64(sum.Count))
				p.SetSum(sum.Sum)
				for _, q := range []float64{0, 0.5, 0.95, 0.99, 1} { // all weights are 1
					value := p.QuantileValues().AppendEmpty()
					value.SetQuantile(q)
					value.SetValue(sum.Samples[int(q*float64(len(sum.Samples)-1))].Value)
				}
				putTags(p.Attributes(), s.Tags)
			}
		}
		body, err := pmetricotlp.NewExportRequestFromMetrics(all).MarshalProto()
		in.take(body)
		return err
	}
	return encoder(in, encode, nothing), nil
}

func putTags(to pcommon.Map, tags []string) {
	for _, tag := range tags {
		key, value, _ := strings.Cut(tag, ":")
		to.PutStr(key, value)
	}
}
