package flush

import (
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// excerpt is what one attempt sends: the batch of the handout itself, or a part
// of it built in memory of the sender. It never writes to the handout, which
// other senders read; names, tags and summaries are shared with it.
type excerpt struct {
	batch *transport.Batch
	n     int     // points in batch
	index []int32 // point of batch → point of the handout; unused if whole
	whole bool

	own    transport.Batch
	points []transport.Point
}

// take fills the excerpt with what p has to send.
func (x *excerpt) take(p *parcel) {
	h := p.h
	x.whole = p.untouched() || len(h.batch.Series) == 0 // an event is a batch of one
	if x.whole {
		x.batch, x.n = &h.batch, p.points()
		return
	}
	x.own.Series, x.index = x.own.Series[:0], x.index[:0]
	// Room for all of them beforehand: a slice of Points must not move later.
	x.points = slices.Grow(x.points[:0], p.points())
	point, u := 0, 0
	for i := range h.batch.Series {
		src := &h.batch.Series[i]
		from := len(x.points)
		for j := range src.Points {
			for point >= int(h.ends[u]) {
				u++
			}
			if p.open(u) && !p.sent(point) {
				x.points = append(x.points, src.Points[j])
				x.index = append(x.index, int32(point))
			}
			point++
		}
		if to := len(x.points); to > from {
			s := *src
			s.Points = x.points[from:to:to]
			x.own.Series = append(x.own.Series, s)
		}
	}
	x.batch, x.n = &x.own, len(x.points)
	x.own.ID = h.batch.ID
	if p.width != x.n { // other points than last time: another part
		p.parts++
		p.part, p.width = p.parts, x.n
	}
	x.own.ID.Part = p.part
}

// origin returns the handout's number of a point of the batch.
func (x *excerpt) origin(i int) int {
	if x.whole {
		return i
	}
	return int(x.index[i])
}

// done gives up what the excerpt holds of the handout. Send has returned.
func (x *excerpt) done() {
	if !x.whole {
		if invariants {
			for i := range x.own.Series {
				x.own.Series[i].Name = "reused"
			}
		}
		clear(x.own.Series)
		clear(x.points)
	}
	x.batch = nil
}
