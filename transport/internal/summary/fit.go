package summary

import "github.com/shardstats/shardstats/transport"

// maxCount is the most observations that a summary may have: up to it each whole
// number is a float64.
const maxCount = 1 << 53

// Finite reports whether f is a number and not infinite.
func Finite(f float64) bool { return f-f == 0 }

// Unfit says why s cannot be sent, "" if it can: a [transport.Reason] or words. The
// flusher hands out no such summary; a program that calls Send itself might. It may have
// no samples.
func Unfit(s *transport.Summary) string {
	why := UnfitSamples(s)
	if why == "" && s.Count == 0 {
		return string(transport.ReasonBadValue)
	}
	return why
}

// UnfitSamples is Unfit for a wire that takes the count from the samples: a program may
// have left out the count of s.
func UnfitSamples(s *transport.Summary) string {
	switch {
	case s == nil:
		return string(transport.ReasonUnsupported)
	case !Finite(s.Sum) || !Finite(s.Min) || !Finite(s.Max) || !(s.Count >= 0):
		return string(transport.ReasonBadValue)
	case s.Count > maxCount:
		return "it has more than 2^53 observations"
	}
	total := 0.0
	for i := range s.Samples {
		x := &s.Samples[i]
		switch {
		case !Finite(x.Value) || !(x.Weight >= 0):
			return string(transport.ReasonBadValue)
		case i > 0 && x.Value < s.Samples[i-1].Value:
			return "its samples are not sorted"
		}
		total += x.Weight
	}
	switch {
	case !(total <= maxCount):
		return "its samples stand for more than 2^53 observations"
	case len(s.Samples) > 0 && total == 0:
		return "its samples stand for nothing"
	}
	return ""
}
