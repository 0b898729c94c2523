package datadog

import (
	"math"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/jsonenc"
)

// endpoint is one of the two that points go to.
type endpoint uint8

const (
	seriesEndpoint endpoint = iota
	distributionEndpoint
	endpoints
)

var paths = [endpoints]string{"/api/v1/series", "/api/v1/distribution_points"}

func endpointOf(k transport.Kind) endpoint {
	if k == transport.KindDistribution {
		return distributionEndpoint
	}
	return seriesEndpoint
}

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

// unfit says why p cannot be sent, "" if it can. The flusher hands out no such
// point; a program that calls Send itself might.
func unfit(k transport.Kind, p *transport.Point) string {
	switch {
	case typeOf(k) == "":
		return "a " + k.String() + " has to come expanded"
	case k != transport.KindDistribution:
		if !finite(p.Value) {
			return "the value is not finite"
		}
		return ""
	case p.Summary == nil || len(p.Summary.Samples) == 0:
		return "a distribution without samples"
	}
	total := 0.0
	for _, s := range p.Summary.Samples {
		if !finite(s.Value) || !finite(s.Weight) {
			return "a sample is not finite"
		}
		total += max(1, s.Weight)
	}
	if total > maxRawBytes/2 { // two bytes at least for each value
		return tooLarge
	}
	return ""
}

const tooLarge = "larger than a request may be"

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// appendSeries appends s with these of its points as an object of the request's
// "series" list.
func appendSeries(dst []byte, s *transport.Series, points []transport.Point) []byte {
	dst = append(dst, `{"metric":`...)
	dst = jsonenc.AppendString(dst, wireName(s.Name))
	dst = append(dst, `,"points":[`...)
	for i := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		dst = jsonenc.AppendInt(dst, points[i].Unix)
		dst = append(dst, ',')
		if s.Kind == transport.KindDistribution {
			dst = appendValues(dst, points[i].Summary.Samples)
		} else {
			dst = jsonenc.AppendFloat(dst, points[i].Value)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `],"type":"`...)
	dst = append(dst, typeOf(s.Kind)...)
	dst = append(dst, `","host":`...)
	dst = appendStringOrNull(dst, s.Host, s.HostSet)
	dst = append(dst, `,"device":`...)
	dst = appendStringOrNull(dst, s.Device, s.Device != "")
	dst = append(dst, `,"tags":[`...)
	for i, tag := range s.Tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonenc.AppendString(dst, wireTag(tag))
	}
	dst = append(dst, `],"interval":`...)
	dst = jsonenc.AppendInt(dst, int64(s.Interval/time.Second))
	return append(dst, '}')
}

// appendValues appends each value as often as its weight says, at least once.
func appendValues(dst []byte, samples []transport.Sample) []byte {
	dst = append(dst, '[')
	for i, s := range samples {
		if i > 0 {
			dst = append(dst, ',')
		}
		start := len(dst)
		dst = jsonenc.AppendFloat(dst, s.Value)
		text := len(dst) - start
		for range int(math.Round(s.Weight)) - 1 {
			dst = append(dst, ',')
			dst = append(dst, dst[start:start+text]...)
		}
	}
	return append(dst, ']')
}

func appendStringOrNull(dst []byte, s string, set bool) []byte {
	if !set {
		return append(dst, "null"...)
	}
	return jsonenc.AppendString(dst, s)
}
