package memory

import (
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// leadingItems returns a deep copy of the first n items of b: points, then events,
// then checks.
func leadingItems(b *transport.Batch, n int) transport.Batch {
	out := transport.Batch{ID: b.ID, Series: leading(b.Series, n)}
	n = max(n-b.Points(), 0)
	for i := range min(n, len(b.Events)) {
		e := b.Events[i]
		e.Tags = slices.Clone(e.Tags)
		out.Events = append(out.Events, e)
	}
	n = max(n-len(b.Events), 0)
	for i := range min(n, len(b.Checks)) {
		c := b.Checks[i]
		c.Tags = slices.Clone(c.Tags)
		out.Checks = append(out.Checks, c)
	}
	return out
}

// leading returns deep copies of the first n points, with their series.
func leading(series []transport.Series, n int) []transport.Series {
	out := make([]transport.Series, 0, len(series))
	for i := range series {
		s := series[i]
		if n < len(s.Points) {
			s.Points = s.Points[:n]
		}
		n -= len(s.Points)
		out = append(out, copySeries(s))
		if n <= 0 {
			break
		}
	}
	return out
}

func copySeries(s transport.Series) transport.Series {
	s.Tags = slices.Clone(s.Tags)
	s.Points = slices.Clone(s.Points)
	for i := range s.Points {
		p := &s.Points[i]
		p.Members = slices.Clone(p.Members)
		if p.Summary != nil {
			sum := *p.Summary
			sum.Samples = slices.Clone(sum.Samples)
			p.Summary = &sum
		}
	}
	return s
}
