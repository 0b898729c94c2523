package flush

import (
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// unpacked is the memory of the batch that a sender makes of a packed one. It stays
// with the sender, and what is in it until the next attempt: a batch is bounded.
type unpacked struct {
	batch  transport.Batch
	points []transport.Point
	tags   []string
	series Series // scratch
}

// reader goes through the units of a packed batch.
type reader struct {
	*packed
	summaries, members, figures int // of them read
}

// extras is what one unit has besides its values.
type extras struct {
	summary *transport.Summary
	members []string
	figures *seriesFigures
}

// next reads what the unit of a label has.
func (r *reader) next(l *label) (u extras) {
	switch l.form {
	case formSummary:
		u.summary = r.arena.summaries[r.summaries]
		r.summaries++
	case formMembers:
		u.members = r.arena.members[r.members]
		r.members++
	case formFigures, formCount:
		u.figures = r.packed.figures[r.figures]
		r.figures++
	}
	return u
}

// unpack makes the batch of the points of p that are to be sent. With index they are
// those that are open and were not sent, and their numbers in the handout are appended
// to it; without, all.
func (x *unpacked) unpack(p *parcel, index []int32, all bool) (numbers []int32) {
	h := p.h
	n := p.points()
	x.batch.Series = slices.Grow(x.batch.Series[:0], n)[:n]
	x.points = slices.Grow(x.points[:0], n)[:n]
	x.tags = x.tags[:0]
	read := reader{packed: &h.packed}
	out, from := 0, 0
	for u := range h.units {
		l, to := &h.labels[u], int(h.ends[u])
		more := read.next(l)
		if all || p.open(u) {
			name, tags := x.name(&h.packed, l)
			for i := from; i < to; i++ {
				if !all {
					if p.sent(i) {
						continue
					}
					index = append(index, int32(i))
				}
				point := x.points[out : out+1 : out+1]
				point[0] = transport.Point{
					Unix: h.units[u].unix, Value: h.values[i], Summary: more.summary, Members: more.members, Rev: h.units[u].rev,
				}
				x.put(&x.batch.Series[out], &h.packed, l, more.figures, i-from, name, tags, point)
				out++
			}
		}
		from = to
	}
	x.batch.Series = x.batch.Series[:out]
	x.batch.ID = h.batch.ID
	return index
}

// name returns the name and the tags of a unit's series.
func (x *unpacked) name(p *packed, l *label) (name string, tags []string) {
	s := &x.series
	s.Own, s.Common, s.Lens, s.Order, s.Text = l.own, l.common, l.lens, l.order, nil
	if l.order == textOrder {
		s.Text = p.texts[l.lens]
	}
	if n := s.tagCount(); n > cap(x.tags)-len(x.tags) { // slices point into the full block
		x.tags = make([]string, 0, max(256, n, 2*cap(x.tags)))
	}
	n := len(x.tags)
	x.tags = s.appendTagsFor(p.profile, x.tags)
	return s.Name(), x.tags[n:len(x.tags):len(x.tags)]
}

// put fills in a series of one point: number i of its unit.
func (x *unpacked) put(s *transport.Series, p *packed, l *label, figures *seriesFigures, i int, name string, tags []string, points []transport.Point) {
	kind := l.sent
	if figures != nil {
		if l.form == formCount {
			i = figures.count()
		}
		name, kind = figures.names[i], figures.list[i].kind
	}
	common, m := l.common, x.series.metric()
	s.Name, s.Tags, s.Points = name, tags, points
	s.Host, s.HostSet, s.Device = common.Host, common.HostSet, common.Device
	s.Kind, s.Interval = kind, p.interval
	s.Unit, s.Description = unitOf(l.kind, m, kind), ""
	if m != nil {
		s.Description = m.Description
	}
}
