package flush

import (
	"github.com/shardstats/shardstats/transport"
)

// excerpt is what one attempt sends: the batch of the handout, or a part of it,
// unpacked into memory of the sender. It never writes to the handout, which other
// senders read; strings, summaries and members are shared with it.
type excerpt struct {
	batch *transport.Batch
	n     int     // points in batch
	index []int32 // point of batch → point of the handout; unused if whole
	whole bool

	own unpacked
}

// take fills the excerpt with what p has to send.
func (x *excerpt) take(p *parcel) {
	if len(p.h.labels) == 0 { // an event is a batch of one, and not packed
		x.batch, x.n, x.whole = &p.h.batch, p.points(), true
		return
	}
	x.whole = p.untouched()
	x.index = x.own.unpack(p, x.index[:0], x.whole)
	x.batch = &x.own.batch
	x.n = len(x.batch.Series) // each has one point
	if x.whole {
		return
	}
	if p.width != x.n { // other points than last time: another part
		p.parts++
		p.part, p.width = p.parts, x.n
	}
	x.batch.ID.Part = p.part
}

// origin returns the handout's number of a point of the batch.
func (x *excerpt) origin(i int) int {
	if x.whole {
		return i
	}
	return int(x.index[i])
}

// done is the end of the attempt. Send has returned.
func (x *excerpt) done() {
	if invariants && x.batch == &x.own.batch {
		scribble(x.batch)
	}
	x.batch = nil
}
