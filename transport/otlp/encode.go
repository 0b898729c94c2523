package otlp

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
	"github.com/shardstats/shardstats/transport/internal/proto"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// encoder writes metrics. Its memory goes from one to the next.
type encoder struct {
	histograms Histograms
	signed     bool
	maxBuckets int
	quantiles  []summary.Quantile
	values     []float64 // scratch

	heading    heading
	list       []attribute
	attributes []byte // encoded, for the shape of the series at hand
	point      []byte // the body of one point
	points     []byte // those of one metric, as fields
	histogram  exponential.Histogram
}

// heading is what a metric begins with. Series of one name come one after the other,
// as a rule, so that the last one serves again.
type heading struct {
	name, description, unit string
	kind                    transport.Kind
	bytes                   []byte // name, description and unit as fields
	code                    []byte // the unit
}

func (h *heading) set(s *transport.Series) {
	if h.kind == s.Kind && h.name == s.Name && h.description == s.Description && h.unit == s.Unit {
		return
	}
	h.name, h.description, h.unit, h.kind = s.Name, s.Description, s.Unit, s.Kind
	h.bytes = proto.AppendString(h.bytes[:0], metricName, proto.Valid(s.Name))
	if s.Description != "" {
		h.bytes = proto.AppendString(h.bytes, metricDescription, proto.Valid(s.Description))
	}
	if h.code = appendUnit(h.code[:0], s); len(h.code) > 0 {
		h.bytes = proto.AppendMessage(h.bytes, metricUnit, h.code)
	}
}

// forget lets go of the strings of a batch.
func (e *encoder) forget() {
	e.heading.name, e.heading.description, e.heading.unit, e.heading.kind = "", "", "", 0
	clear(e.list[:cap(e.list)])
}

func newEncoder(c Config) *encoder {
	e := &encoder{histograms: c.Histograms, signed: c.SignedCounts, maxBuckets: c.MaxBuckets}
	e.quantiles, _ = summary.Quantiles(c.Quantiles) // Config has been checked
	return e
}

// appendMetric appends to dst one metric with points from the beginning of points, the
// first of which is fit: as many as belong into one metric and fit into room
// bytes. It returns how many; none if not even the first fits.
func (e *encoder) appendMetric(dst []byte, s *transport.Series, points []transport.Point, room int) ([]byte, int) {
	form := e.shapeOf(s.Kind)
	field, attributes, trailer := form.fields()
	e.list = attributesOf(e.list, s)
	e.attributes = appendAttributes(e.attributes[:0], attributes, e.list)
	e.heading.set(s)
	head := len(e.heading.bytes)
	monotonic := !e.signed && points[0].Value >= 0
	e.points = e.points[:0]
	n, data, body := 0, 0, 0
	for n < len(points) {
		p := &points[n]
		if n > 0 && (e.unfit(s, p) != "" || form == sumShape && monotonic != (!e.signed && p.Value >= 0)) {
			break
		}
		before := len(e.points)
		e.appendPoint(form, s, p)
		if size := proto.FieldSize(head + proto.FieldSize(len(e.points)+trailer)); size > room {
			e.points = e.points[:before]
			break
		}
		data = len(e.points) + trailer
		body = head + proto.FieldSize(data)
		n++
	}
	if n == 0 {
		return dst, 0
	}
	dst = proto.AppendLen(proto.AppendTag(dst, scopeMetricsMetrics, protowire.BytesType), body)
	dst = append(dst, e.heading.bytes...)
	dst = proto.AppendLen(proto.AppendTag(dst, field, protowire.BytesType), data)
	dst = append(dst, e.points...)
	if trailer > 0 {
		dst = proto.AppendVarint(dst, dataTemporality, deltas)
	}
	if form == sumShape {
		dst = proto.AppendVarint(dst, sumIsMonotonic, protowire.EncodeBool(monotonic))
	}
	return dst, n
}

// fields returns the number of the field of Metric, that of a point's attributes, and
// how many bytes follow the points.
func (f shape) fields() (data, attributes protowire.Number, trailer int) {
	switch f {
	case sumShape:
		return metricSum, numberAttributes, 4
	case exponentialShape:
		return metricExponential, exponentialAttributes, 2
	case summaryShape:
		return metricSummary, summaryAttributes, 0
	}
	return metricGauge, numberAttributes, 0
}

// appendPoint appends p to e.points.
func (e *encoder) appendPoint(form shape, s *transport.Series, p *transport.Point) {
	dst := append(e.point[:0], e.attributes...)
	start := uint64(p.Unix) * uint64(time.Second)
	if form != gaugeShape { // which has the value of one moment
		dst = proto.AppendFixed64(dst, pointStart, start)
	}
	dst = proto.AppendFixed64(dst, pointTime, start+uint64(max(0, s.Interval)))
	switch form {
	case sumShape, gaugeShape:
		dst = proto.AppendDouble(dst, numberValue, p.Value)
	case exponentialShape:
		dst = e.appendHistogram(dst, s, p)
	case summaryShape:
		dst = e.appendSummary(dst, s, p)
	}
	e.point = dst
	e.points = proto.AppendMessage(e.points, dataPoints, dst)
}

func (e *encoder) appendSummary(dst []byte, s *transport.Series, p *transport.Point) []byte {
	sum := p.Summary
	count := max(1, sum.Count)
	if count != math.Trunc(count) {
		count = math.Floor(count + summary.Offset(s, p.Unix))
	}
	dst = proto.AppendFixed64(dst, summaryCount, uint64(count))
	dst = proto.AppendDouble(dst, summarySum, sum.Sum)
	e.values = summary.Read(e.values[:0], e.quantiles, sum)
	for i, value := range e.values {
		const size = 2 * (1 + 8)
		dst = proto.AppendLen(proto.AppendTag(dst, summaryQuantiles, protowire.BytesType), size)
		dst = proto.AppendDouble(dst, quantileQuantile, e.quantiles[i].Value)
		dst = proto.AppendDouble(dst, quantileValue, value)
	}
	return dst
}

func (e *encoder) appendHistogram(dst []byte, s *transport.Series, p *transport.Point) []byte {
	sum, h := p.Summary, &e.histogram
	h.Build(sum.Samples, e.maxBuckets)
	total, count := max(1, sum.Count), h.Total()
	if count != total || !h.Whole() {
		count = h.Round(total, summary.Offset(s, p.Unix))
	}
	dst = proto.AppendFixed64(dst, exponentialCount, uint64(count))
	dst = proto.AppendDouble(dst, exponentialSum, sum.Sum)
	dst = proto.AppendVarint(dst, exponentialScale, protowire.EncodeZigZag(int64(h.Scale)))
	if h.Zero > 0 {
		dst = proto.AppendFixed64(dst, exponentialZeroCount, uint64(h.Zero))
	}
	dst = appendBuckets(dst, exponentialPositive, h.Positive)
	dst = appendBuckets(dst, exponentialNegative, h.Negative)
	dst = proto.AppendDouble(dst, exponentialMin, sum.Min)
	return proto.AppendDouble(dst, exponentialMax, sum.Max)
}

// appendBuckets appends the buckets of one side, if it has any, with a zero for each
// empty one between two others.
func appendBuckets(dst []byte, field protowire.Number, buckets []exponential.Bucket) []byte {
	if len(buckets) == 0 {
		return dst
	}
	first, last := buckets[0].Index, buckets[len(buckets)-1].Index
	offset := protowire.EncodeZigZag(int64(first))
	counts := int(last-first) + 1 - len(buckets) // a byte for each empty one
	for _, b := range buckets {
		counts += protowire.SizeVarint(uint64(b.Count))
	}
	dst = proto.AppendLen(proto.AppendTag(dst, field, protowire.BytesType), 1+protowire.SizeVarint(offset)+proto.FieldSize(counts))
	dst = proto.AppendVarint(dst, bucketsOffset, offset)
	dst = proto.AppendLen(proto.AppendTag(dst, bucketsCounts, protowire.BytesType), counts)
	next := first
	for _, b := range buckets {
		for ; next < b.Index; next++ {
			dst = append(dst, 0)
		}
		dst = protowire.AppendVarint(dst, uint64(b.Count))
		next++
	}
	return dst
}
