package dogstatsd

import (
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Most bytes of a value, and of a rate with its "|@".
const (
	maxValueBytes = 25
	maxRateBytes  = 40
)

// samples appends the values of a histogram, a timing or a distribution, those of
// one weight in a line as far as they fit.
func (e *encoder) samples(s *transport.Series, p *transport.Point, parts *progress) error {
	if why := line.Unfit(p.Summary); why != "" {
		return errUnfit(why)
	}
	fixed := len(e.name) + len(typeOf(s.Kind)) + maxRateBytes + len(e.suffix) + len(e.cardinality)
	if fixed+maxValueBytes > e.out.Longest() {
		return errTooLarge
	}
	all := e.weigher.Weigh(p.Summary, func() float64 { return summary.Offset(s, p.Unix) })
	all = all[min(parts.from, len(all)):]
	for len(all) > 0 {
		limit := e.out.Room()
		if limit < fixed+4*maxValueBytes {
			limit = e.out.Longest() // not worth a line: it opens a new datagram
		}
		n := e.values(all, limit-fixed+len(e.name))
		if err := e.add(e.appendValues(s.Kind, all[:n])); err != nil {
			return err
		}
		parts.done += n
		all = all[n:]
	}
	return nil
}

// values puts as many of the leading values that share a weight into scratch as
// fit in so many bytes, at least one, and returns their number.
func (e *encoder) values(all []line.Copies, limit int) int {
	e.scratch = append(e.scratch[:0], e.name...)
	for i, c := range all {
		before := len(e.scratch)
		if i > 0 {
			if e.packing == PackNone || c.Weight != all[0].Weight {
				return i
			}
			e.scratch = append(e.scratch, ':')
		}
		e.scratch = line.AppendFloat(e.scratch, c.Value)
		if i > 0 && len(e.scratch) > limit {
			e.scratch = e.scratch[:before]
			return i
		}
	}
	return len(all)
}

func (e *encoder) appendValues(k transport.Kind, values []line.Copies) []byte {
	buf := append(e.out.Line(), e.scratch...)
	buf = append(buf, typeOf(k)...)
	if w := values[0].Weight; w > 1 {
		buf = line.AppendRate(append(buf, "|@"...), w)
	}
	buf = append(buf, e.suffix...)
	return append(buf, e.cardinality...)
}
