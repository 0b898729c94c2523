package prom

import (
	"math"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

const maxUnix = math.MaxInt64 / 2000 // a time in milliseconds, and an interval, are an int64

// Unfit says why a point cannot be sent, "" if it can. The flusher hands out no such
// point; a program that calls Send itself might.
func Unfit(s *transport.Series, p *transport.Point) string {
	form := formOf(s.Kind)
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
		if !summary.Finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	}
	return unfitSummary(p.Summary, form)
}

// unfitSummary also refuses a histogram without samples: it would have no buckets.
func unfitSummary(s *transport.Summary, form Form) string {
	if why := summary.Unfit(s); why != "" || form != Histogram || len(s.Samples) > 0 {
		return why
	}
	return "it has no samples"
}
