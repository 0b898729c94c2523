package prometheus

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

// Field numbers of io.prometheus.client.MetricFamily
// (https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto).
const (
	familyName   protowire.Number = 1
	familyHelp   protowire.Number = 2
	familyType   protowire.Number = 3
	familyMetric protowire.Number = 4
	familyUnit   protowire.Number = 5

	metricLabel     protowire.Number = 1
	metricGauge     protowire.Number = 2
	metricCounter   protowire.Number = 3
	metricSummary   protowire.Number = 4
	metricHistogram protowire.Number = 7

	onlyValue protowire.Number = 1 // of a gauge or counter

	summaryCount    protowire.Number = 1
	summarySum      protowire.Number = 2
	summaryQuantile protowire.Number = 3
	quantileOf      protowire.Number = 1
	quantileValue   protowire.Number = 2
)

var histogramFields = prom.NativeFields{
	Count: 1, CountFloat: 4, Sum: 2, Schema: 5, ZeroThreshold: 6, Zero: 7, ZeroFloat: 8,
	NegativeSpans: 9, NegativeDeltas: 10, NegativeCounts: 11,
	PositiveSpans: 12, PositiveDeltas: 13, PositiveCounts: 14,
}

var typeNumbers = [...]uint64{prom.Counter: 0, prom.Gauge: 1, prom.Summary: 2, prom.Histogram: 4}

// protoWriter writes a page as messages, each with its length in front.
type protoWriter struct {
	*scrape
	flush func()
}

func (w *protoWriter) page() { w.each(w.begin, w.show, w.end) }

func (w *protoWriter) begin(g *group) {
	w.body = prom.AppendString(w.body[:0], familyName, g.family.Name)
	if g.help != "" {
		w.body = prom.AppendString(w.body, familyHelp, g.help)
	}
	w.body = prom.AppendVarint(w.body, familyType, typeNumbers[g.family.Form])
	if g.family.Unit != "" {
		w.body = prom.AppendString(w.body, familyUnit, g.family.Unit)
	}
}

func (w *protoWriter) show(g *group, r *row, numbers []float64, samples []transport.Sample) {
	inner, field := w.inner[:0], metricGauge
	switch g.family.Form {
	case prom.Counter, prom.Gauge:
		inner = prom.AppendDouble(inner, onlyValue, r.value)
		if g.family.Form == prom.Counter {
			field = metricCounter
		}
	case prom.Summary:
		field = metricSummary
		inner = prom.AppendVarint(inner, summaryCount, uint64(whole(r.count)))
		inner = prom.AppendDouble(inner, summarySum, r.value)
		for i, v := range numbers {
			const size = 2 * (1 + 8)
			inner = prom.AppendLen(prom.AppendTag(inner, summaryQuantile, protowire.BytesType), size)
			inner = prom.AppendDouble(inner, quantileOf, w.values[i])
			inner = prom.AppendDouble(inner, quantileValue, v)
		}
	case prom.Histogram:
		field = metricHistogram
		inner, _ = w.native.Append(inner, &transport.Summary{Sum: r.value, Count: r.count, Samples: samples})
	}
	w.inner = inner
	w.body = prom.AppendLen(prom.AppendTag(w.body, familyMetric, protowire.BytesType), len(r.pairs)+prom.FieldSize(len(inner)))
	w.body = append(w.body, r.pairs...)
	w.body = prom.AppendMessage(w.body, field, inner)
}

func (w *protoWriter) end(*group) {
	w.out = append(prom.AppendLen(w.out, len(w.body)), w.body...)
	w.flush()
}
