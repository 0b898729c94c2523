package otlp

import (
	"math"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

const maxUnix = math.MaxInt64 / int64(time.Second) // a later time in nanoseconds is no int64

// shape is what a series is sent as.
type shape uint8

const (
	noShape shape = iota
	sumShape
	gaugeShape
	exponentialShape
	summaryShape
)

func (e *encoder) shapeOf(k transport.Kind) shape {
	switch k {
	case transport.KindCount:
		return sumShape
	case transport.KindRate, transport.KindGauge, transport.KindSet:
		return gaugeShape
	case transport.KindDistribution:
		return exponentialShape
	case transport.KindHistogram, transport.KindTiming:
		if e.histograms == Exponential {
			return exponentialShape
		}
		return summaryShape
	}
	return noShape
}

// unfit says why p cannot be sent, "" if it can. The flusher hands out no such
// point; a program that calls Send itself might.
func (e *encoder) unfit(s *transport.Series, p *transport.Point) string {
	form := e.shapeOf(s.Kind)
	switch {
	case s.Name == "":
		return string(transport.ReasonBadName)
	case form == noShape:
		return string(transport.ReasonUnsupported)
	case p.Unix < 0:
		return string(transport.ReasonTooOld)
	case p.Unix > maxUnix-int64(max(0, s.Interval)/time.Second)-1:
		return string(transport.ReasonTooNew)
	case form == sumShape || form == gaugeShape:
		if !summary.Finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	}
	return unfitSummary(p.Summary)
}

// unfitSummary also refuses one without samples: it would have no buckets and no
// quantiles.
func unfitSummary(s *transport.Summary) string {
	if why := summary.Unfit(s); why != "" || len(s.Samples) > 0 {
		return why
	}
	return "it has no samples"
}
