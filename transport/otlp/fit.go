package otlp

import (
	"math"
	"time"

	"github.com/shardstats/shardstats/transport"
)

const (
	maxUnix  = math.MaxInt64 / int64(time.Second) // a later time in nanoseconds is no int64
	maxCount = 1 << 53                            // up to here each whole number is a float64
)

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
		if !finite(p.Value) {
			return string(transport.ReasonBadValue)
		}
		return ""
	}
	return unfitSummary(p.Summary)
}

func unfitSummary(s *transport.Summary) string {
	switch {
	case s == nil || len(s.Samples) == 0:
		return "it has no samples"
	case !finite(s.Sum) || !finite(s.Min) || !finite(s.Max) || !(s.Count > 0):
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
	if !(total > 0 && total <= maxCount) {
		return "its samples stand for nothing, or for more than 2^53 observations"
	}
	return ""
}

func finite(f float64) bool { return f-f == 0 }
