package prometheus

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/proto"
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
	w.body = proto.AppendString(w.body[:0], familyName, g.family.Name)
	if g.help != "" {
		w.body = proto.AppendString(w.body, familyHelp, g.help)
	}
	w.body = proto.AppendVarint(w.body, familyType, typeNumbers[g.family.Form])
	if g.family.Unit != "" {
		w.body = proto.AppendString(w.body, familyUnit, g.family.Unit)
	}
}

func (w *protoWriter) show(g *group, r *row, numbers []float64, samples []transport.Sample) {
	inner, field := w.inner[:0], metricGauge
	switch g.family.Form {
	case prom.Counter, prom.Gauge:
		inner = proto.AppendDouble(inner, onlyValue, r.value)
		if g.family.Form == prom.Counter {
			field = metricCounter
		}
	case prom.Summary:
		field = metricSummary
		inner = proto.AppendVarint(inner, summaryCount, uint64(whole(r.count)))
		inner = proto.AppendDouble(inner, summarySum, r.value)
		for i, v := range numbers {
			const size = 2 * (1 + 8)
			inner = proto.AppendLen(proto.AppendTag(inner, summaryQuantile, protowire.BytesType), size)
			inner = proto.AppendDouble(inner, quantileOf, w.values[i])
			inner = proto.AppendDouble(inner, quantileValue, v)
		}
	case prom.Histogram:
		field = metricHistogram
		inner, _ = w.native.Append(inner, &transport.Summary{Sum: r.value, Count: r.count, Samples: samples})
	}
	w.inner = inner
	w.body = proto.AppendLen(proto.AppendTag(w.body, familyMetric, protowire.BytesType), len(r.pairs)+proto.FieldSize(len(inner)))
	w.body = append(w.body, r.pairs...)
	w.body = proto.AppendMessage(w.body, field, inner)
}

func (w *protoWriter) end(*group) {
	w.out = append(proto.AppendLen(w.out, len(w.body)), w.body...)
	w.flush()
}
