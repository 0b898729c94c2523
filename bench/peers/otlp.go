package peers

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// marshalOTLP returns what was collected as an OTLP request.
func marshalOTLP(collected *metricdata.ResourceMetrics) ([]byte, error) {
	all := pmetric.NewMetrics()
	resource := all.ResourceMetrics().AppendEmpty()
	for _, scope := range collected.ScopeMetrics {
		to := resource.ScopeMetrics().AppendEmpty()
		to.Scope().SetName(scope.Scope.Name)
		for _, m := range scope.Metrics {
			metric := to.Metrics().AppendEmpty()
			metric.SetName(m.Name)
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				sum := metric.SetEmptySum()
				sum.SetIsMonotonic(data.IsMonotonic)
				sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
				putNumbers(sum.DataPoints(), data.DataPoints)
			case metricdata.Gauge[float64]:
				putNumbers(metric.SetEmptyGauge().DataPoints(), data.DataPoints)
			case metricdata.Histogram[float64]:
				histogram := metric.SetEmptyHistogram()
				histogram.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
				putHistograms(histogram.DataPoints(), data.DataPoints)
			}
		}
	}
	return pmetricotlp.NewExportRequestFromMetrics(all).MarshalProto()
}

func putNumbers[N int64 | float64](to pmetric.NumberDataPointSlice, points []metricdata.DataPoint[N]) {
	to.EnsureCapacity(len(points))
	for i := range points {
		p := to.AppendEmpty()
		p.SetStartTimestamp(stamp(points[i].StartTime))
		p.SetTimestamp(stamp(points[i].Time))
		p.SetDoubleValue(float64(points[i].Value))
		putAttributes(p.Attributes(), points[i].Attributes)
	}
}

func putHistograms(to pmetric.HistogramDataPointSlice, points []metricdata.HistogramDataPoint[float64]) {
	to.EnsureCapacity(len(points))
	for i := range points {
		p := to.AppendEmpty()
		p.SetStartTimestamp(stamp(points[i].StartTime))
		p.SetTimestamp(stamp(points[i].Time))
		p.SetCount(points[i].Count)
		p.SetSum(points[i].Sum)
		p.ExplicitBounds().FromRaw(points[i].Bounds)
		p.BucketCounts().FromRaw(points[i].BucketCounts)
		putAttributes(p.Attributes(), points[i].Attributes)
	}
}

func stamp(t time.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(t) }

func putAttributes(to pcommon.Map, set attribute.Set) {
	to.EnsureCapacity(set.Len())
	for it := set.Iter(); it.Next(); {
		a := it.Attribute()
		to.PutStr(string(a.Key), a.Value.AsString())
	}
}
