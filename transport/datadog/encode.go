package datadog

import (
	"math"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/jsonenc"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// typeOf returns the API's word for a kind, "" if it has none.
func typeOf(k transport.Kind) string {
	switch k {
	case transport.KindCount:
		return "count"
	case transport.KindRate:
		return "rate"
	case transport.KindGauge, transport.KindSet:
		return "gauge"
	case transport.KindDistribution:
		return "distribution"
	}
	return ""
}

// unfit returns the reason why p cannot be sent, "" if it can. The flusher hands out no such
// point; a program that calls Send itself might.
func (e *encoder) unfit(k transport.Kind, p *transport.Point) string {
	switch {
	case typeOf(k) == "":
		return string(transport.ReasonUnsupported) // a histogram has to come expanded
	case k != transport.KindDistribution:
		if !finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	case p.Summary == nil || len(p.Summary.Samples) == 0:
		return string(transport.ReasonUnsupported)
	}
	total := 0.0
	for _, s := range p.Summary.Samples {
		if !finite(s.Value) || !finite(s.Weight) {
			return string(transport.ReasonBadValue)
		}
		total += weight(s)
	}
	if e.sketches {
		return unfitForSketch(p.Summary, total)
	}
	if total > maxRawBytes/2 { // two bytes at least for each value
		return string(transport.ReasonTooLarge)
	}
	return ""
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// appendV1 appends s with these of its points as an object of the request's
// "series" list.
func (e *encoder) appendV1(dst []byte, s *transport.Series, points []transport.Point) []byte {
	dst = append(dst, `{"metric":`...)
	dst = jsonenc.AppendString(dst, e.spellings.name(s.Name))
	dst = append(dst, `,"points":[`...)
	for i := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		dst = jsonenc.AppendInt(dst, points[i].Unix)
		dst = append(dst, ',')
		if s.Kind == transport.KindDistribution {
			dst = appendValues(dst, points[i].Summary.Samples, func() float64 { return summary.Offset(s, points[i].Unix) })
		} else {
			dst = jsonenc.AppendFloat(dst, points[i].Value)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `],"type":"`...)
	dst = append(dst, typeOf(s.Kind)...)
	dst = append(dst, `","host":`...)
	dst = appendStringOrNull(dst, filled(s.Host, e.fillHost), s.HostSet)
	dst = append(dst, `,"device":`...)
	dst = appendStringOrNull(dst, s.Device, s.Device != "")
	dst = append(dst, `,"tags":`...)
	if len(s.Tags) == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = appendTags(dst, s.Tags, e.spellings)
	}
	dst = append(dst, `,"interval":`...)
	dst = jsonenc.AppendInt(dst, int64(s.Interval/time.Second))
	return append(dst, '}')
}

// appendValues appends each value as often as its weight says. Weights that are
// not whole are rounded by systematic sampling: with the weights laid end to end,
// a value is taken once for each whole number, moved by an offset in [0, 1), that
// it covers. So the total is within 1 of the sum of the weights and right on
// average, as is the number of each value; each comes once at least. A weight below
// 1 counts as 1.
func appendValues(dst []byte, samples []transport.Sample, offset func() float64) []byte {
	end := 0.0 // of the weights so far
	for i := range samples {
		if w := weight(samples[i]); w != math.Trunc(w) {
			end = offset()
			break
		}
	}
	dst = append(dst, '[')
	for _, s := range samples {
		before := math.Floor(end)
		end += weight(s)
		dst = appendCopies(dst, s.Value, int(math.Floor(end)-before))
	}
	dst[len(dst)-1] = ']' // the last comma
	return dst
}

func weight(s transport.Sample) float64 { return max(1, s.Weight) }

// appendCopies appends a value n times, with a comma after each.
func appendCopies(dst []byte, value float64, n int) []byte {
	start := len(dst)
	dst = append(jsonenc.AppendFloat(dst, value), ',')
	text := len(dst) - start
	for range n - 1 {
		dst = append(dst, dst[start:start+text]...)
	}
	return dst
}

func appendStringOrNull(dst []byte, s string, set bool) []byte {
	if !set {
		return append(dst, "null"...)
	}
	return jsonenc.AppendString(dst, s)
}
