package statsd

import (
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// unit is a piece of what is sent that stays in one piece: a line, or two of which
// nothing may come between.
type unit struct {
	end   int // of it in the chunk; it begins where the one before ends
	point int // number of its point in the batch
}

// chunk is lines, each with its line feed, and where they end.
type chunk struct {
	buf   []byte
	units []unit
}

func (c *chunk) reset() { c.buf, c.units = c.buf[:0], c.units[:0] }

// begin returns where unit i begins.
func (c *chunk) begin(i int) int {
	if i == 0 {
		return 0
	}
	return c.units[i-1].end
}

// written returns how many units are whole in the first n bytes.
func (c *chunk) written(n int) int {
	whole := 0
	for whole < len(c.units) && c.units[whole].end <= n {
		whole++
	}
	return whole
}

// encoder makes lines of points. It is owned by Send.
type encoder struct {
	naming *naming
	limit  int // bytes of a unit
	chunk  chunk

	head []byte // of each line of the series: path and colon
	tail []byte // of each line of the series: tags and line feed

	weigher line.Weigher
}

// series gets ready for the points of s.
func (e *encoder) series(s *transport.Series) {
	e.head = append(e.naming.appendPath(e.head[:0], s), ':')
	e.tail = append(e.naming.appendTags(e.tail[:0], s), '\n')
}

// point appends the lines of p, which is of the series that was announced and has
// this number in the batch. It returns why there can be none: a
// [transport.Reason] or words. Then it has appended nothing.
func (e *encoder) point(s *transport.Series, p *transport.Point, number int) (refused string) {
	bytes, units := len(e.chunk.buf), len(e.chunk.units)
	switch s.Kind {
	case transport.KindCount:
		refused = e.count(p.Value, number)
	case transport.KindGauge, transport.KindRate:
		refused = e.gauge(p.Value, number)
	case transport.KindSet:
		refused = e.set(p, number)
	case transport.KindHistogram, transport.KindTiming, transport.KindDistribution:
		refused = e.summary(s, p, number)
	default:
		refused = string(transport.ReasonUnsupported)
	}
	if refused != "" {
		e.chunk.buf, e.chunk.units = e.chunk.buf[:bytes], e.chunk.units[:units]
	}
	return refused
}

const notFinite = string(transport.ReasonBadValue)

func (e *encoder) count(v float64, number int) (refused string) {
	if !summary.Finite(v) {
		return notFinite
	}
	buf := append(e.chunk.buf, e.head...)
	buf = line.AppendFloat(buf, v)
	return e.end(append(buf, "|c"...), number)
}

// gauge appends an absolute value. A server takes a sign for a change of the value
// it has, unless that is 0.
func (e *encoder) gauge(v float64, number int) (refused string) {
	if !summary.Finite(v) {
		return notFinite
	}
	buf := append(e.chunk.buf, e.head...)
	if v < 0 {
		buf = append(buf, "0|g"...)
		buf = append(buf, e.tail...)
		buf = append(buf, e.head...)
	}
	buf = line.AppendFloat(buf, v)
	return e.end(append(buf, "|g"...), number)
}

// set appends a line for each member.
func (e *encoder) set(p *transport.Point, number int) (refused string) {
	if len(p.Members) == 0 && p.Value != 0 { // its size alone is of no use to a server
		return string(transport.ReasonUnsupported)
	}
	for _, member := range p.Members {
		buf := append(e.chunk.buf, e.head...)
		buf = appendMember(buf, member)
		if refused := e.end(append(buf, "|s"...), number); refused != "" {
			return refused
		}
	}
	return ""
}

// summary appends a line for each sample, as a timing: the original statsd takes
// the types h and d of others for counters.
func (e *encoder) summary(s *transport.Series, p *transport.Point, number int) (refused string) {
	if refused := line.Unfit(p.Summary); refused != "" {
		return refused
	}
	copies := e.weigher.Weigh(p.Summary, func() float64 { return summary.Offset(s, p.Unix) })
	for _, c := range copies {
		if c.Value < 0 { // a bad line to the original statsd; part of a point would mislead
			return string(transport.ReasonUnsupported)
		}
	}
	for _, c := range copies {
		buf := append(e.chunk.buf, e.head...)
		buf = line.AppendFloat(buf, c.Value)
		buf = append(buf, "|ms"...)
		if c.Weight > 1 {
			buf = append(buf, "|@"...)
			buf = line.AppendRate(buf, c.Weight)
		}
		if refused := e.end(buf, number); refused != "" {
			return refused
		}
	}
	return ""
}

// end takes buf as the chunk with a unit more, which lacks its tail.
func (e *encoder) end(buf []byte, number int) (refused string) {
	buf = append(buf, e.tail...)
	if len(buf)-len(e.chunk.buf) > e.limit {
		return string(transport.ReasonTooLarge)
	}
	e.chunk.buf = buf
	e.chunk.units = append(e.chunk.units, unit{end: len(buf), point: number})
	return ""
}
