package prom

import (
	"math"

	"github.com/shardstats/shardstats/transport"
)

const (
	maxCount = 1 << 53              // up to here each whole number is a float64
	maxUnix  = math.MaxInt64 / 2000 // a time in milliseconds, and an interval, are an int64
)

// Unfit says why a point cannot be sent, "" if it can. The flusher hands out no such
// point; a program that calls Send itself might.
func Unfit(s *transport.Series, p *transport.Point) string {
	form := FormOf(s.Kind)
	switch {
	case s.Name == "":
		return string(transport.ReasonBadName)
	case form == 0:
		return string(transport.ReasonUnsupported)
	case p.Unix < 0:
		return string(transport.ReasonTooOld)
	case p.Unix > maxUnix:
		return string(transport.ReasonTooNew)
	case form == Counter || form == Gauge:
		if !finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	}
	return unfitSummary(p.Summary, form)
}

func unfitSummary(s *transport.Summary, form Form) string {
	switch {
	case s == nil:
		return "it has no summary"
	case !finite(s.Sum) || !(s.Count > 0):
		return string(transport.ReasonBadValue)
	case s.Count > maxCount:
		return "it has more than 2^53 observations"
	}
	total := 0.0
	for i := range s.Samples {
		x := &s.Samples[i]
		switch {
		case !finite(x.Value) || !(x.Weight >= 0):
			return string(transport.ReasonBadValue)
		case i > 0 && x.Value < s.Samples[i-1].Value:
			return "its samples are not sorted"
		}
		total += x.Weight
	}
	switch {
	case !(total <= maxCount):
		return "its samples stand for more than 2^53 observations"
	case form == Histogram && total == 0:
		return "it has no samples"
	}
	return ""
}

func finite(f float64) bool { return f-f == 0 }
