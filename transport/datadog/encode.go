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
		if !summary.Finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	case p.Summary == nil || len(p.Summary.Samples) == 0:
		return string(transport.ReasonUnsupported)
	}
	if why := summary.UnfitSamples(p.Summary); why != "" {
		return why
	}
	total := 0.0
	for _, s := range p.Summary.Samples {
		total += weight(s)
	}
	// A sketch has a bound of its own; of values each takes two bytes at least.
	if e.sketches && max(total, p.Summary.Count) > maxSketchCount || !e.sketches && total > maxRawBytes/2 {
		return string(transport.ReasonTooLarge)
	}
	return ""
}

// appendV1 appends s with these of its points as an object of the request's
// "series" list.
func (e *encoder) appendV1(dst []byte, s *transport.Series, points []transport.Point) []byte {
	about := &e.about[s.Kind]
	about.make(s, e.fillHost)
	dst = append(dst, `{"metric":`...)
	dst = appendSpelled(dst, e.spellings.name(s.Name))
	dst = append(dst, `,"points":[`...)
	for i := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e.date.of(points[i].Unix)...)
		if s.Kind == transport.KindDistribution {
			dst = appendValues(dst, points[i].Summary.Samples, func() float64 { return summary.Offset(s, points[i].Unix) })
		} else {
			dst = jsonenc.AppendFloat(dst, points[i].Value)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, about.head...)
	if len(s.Tags) == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = appendTags(dst, s.Tags, e.spellings)
	}
	return append(dst, about.tail...)
}

// aboutV1 is the text of what most series of one kind have in common: it is made when
// one is not as the one before.
type aboutV1 struct {
	interval     time.Duration
	host, device []byte // own copies: a batch is gone after Send
	hostSet      bool
	head         []byte // from behind the points to the tags; empty before the first series
	tail         []byte // behind the tags
}

// make makes a the text for s.
func (a *aboutV1) make(s *transport.Series, fillHost string) {
	if len(a.head) > 0 && s.Interval == a.interval && s.HostSet == a.hostSet && s.Host == string(a.host) && s.Device == string(a.device) {
		return
	}
	a.interval, a.hostSet = s.Interval, s.HostSet
	a.host, a.device = append(a.host[:0], s.Host...), append(a.device[:0], s.Device...)
	a.head = append(a.head[:0], `],"type":"`...)
	a.head = append(a.head, typeOf(s.Kind)...)
	a.head = append(a.head, `","host":`...)
	a.head = appendStringOrNull(a.head, filled(s.Host, fillHost), s.HostSet)
	a.head = append(a.head, `,"device":`...)
	a.head = appendStringOrNull(a.head, s.Device, s.Device != "")
	a.head = append(a.head, `,"tags":`...)
	a.tail = jsonenc.AppendInt(append(a.tail[:0], `,"interval":`...), int64(s.Interval/time.Second))
	a.tail = append(a.tail, '}')
}

// dateV1 is the text of a point up to its value: most of a batch have one time.
type dateV1 struct {
	unix int64
	text []byte // empty before the first point
}

func (d *dateV1) of(unix int64) []byte {
	if len(d.text) == 0 || unix != d.unix {
		d.unix = unix
		d.text = append(jsonenc.AppendInt(append(d.text[:0], '['), unix), ',')
	}
	return d.text
}

// appendValues appends each value as often as its weight says. Weights that are
// not whole are rounded by systematic sampling (Madow 1949,
// https://doi.org/10.1214/aoms/1177729988): with the weights laid end to end, a value
// is taken once for each whole number, moved by an offset in [0, 1), that it covers. So
// the total is within 1 of the sum of the weights and right on average, as is the
// number of each value; each comes once at least. A weight below 1 counts as 1.
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
