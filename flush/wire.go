package flush

import (
	"log/slog"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/transport"
)

// wire knows which series become one under a transport's own names. The first
// of them leads: the others' content is added to it, or left out if they are
// gauges, for a mix of gauges is no value.
type wire struct {
	namer  transport.WireNamer
	log    *slog.Logger
	lead   map[uint64]*Series // hash of the identity on the wire → leader
	chosen []wireChoice       // by id
	groups map[*Series][]*Series
	order  []*Series // the leaders in groups, in the order met
}

type wireChoice struct {
	series *Series // whom it is about; ids are reused
	hash   uint64
	shared bool // more than one series has this identity
}

func newWire(namer transport.WireNamer, log *slog.Logger) *wire {
	return &wire{namer: namer, log: log, lead: map[uint64]*Series{}, groups: map[*Series][]*Series{}}
}

// leader returns who leads a series on the wire, and whether it has to share.
func (w *wire) leader(c Catalog, series *Series) (lead *Series, shared bool) {
	i := int(series.ID)
	if i >= len(w.chosen) {
		w.chosen = append(w.chosen, make([]wireChoice, i+1+i/2-len(w.chosen))...)
	}
	mine := &w.chosen[i]
	if mine.series != series {
		*mine = wireChoice{series: series, hash: w.hash(series)}
	}
	lead = w.lead[mine.hash]
	if lead == nil || c.Series(lead.ID) != lead { // none yet, or it has expired
		w.lead[mine.hash] = series
		return series, mine.shared
	}
	if lead != series {
		mine.shared = true
		w.chosen[lead.ID].shared = true
	}
	return lead, mine.shared
}

// hash returns the hash of a series' identity on the wire. Two identities with
// one 64-bit hash would be taken for one: at a million series, a chance of one
// in thirty million.
func (w *wire) hash(s *Series) uint64 {
	d := xxhash.New()
	part := func(text string) {
		_, _ = d.WriteString(text)
		_, _ = d.Write([]byte{0}) // no name or tag holds a NUL
	}
	part(s.Kind.String())
	part(w.call(w.namer.WireName, s.Name))
	if s.HostSet {
		part("host")
		part(s.Host)
	}
	tags := make([]string, len(s.Tags))
	for i, tag := range s.Tags {
		tags[i] = w.call(w.namer.WireTag, tag)
	}
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		part(tag)
	}
	return d.Sum64()
}

// call calls a transport's naming function, which must not hurt us.
func (w *wire) call(name func(string) string, s string) (out string) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("flush: a transport's WireName or WireTag panicked", "text", s, "panic", p)
			out = s
		}
	}()
	return name(s)
}

// addShared notes a touched series that shares its identity on the wire.
func (v *view) addShared(_ *Flusher, _ *bucket, lead, series *Series) {
	if series.Kind == transport.KindGauge && series != lead {
		v.drop(1, transport.ReasonCollision)
		return
	}
	w := v.wire
	if w.groups[lead] == nil {
		w.order = append(w.order, lead)
	}
	w.groups[lead] = append(w.groups[lead], series)
}

// addGroups adds the series that share, merged. On a backend that overwrites,
// a group's point is the whole of all its series, touched or not, so it takes
// them from the bucket.
func (v *view) addGroups(f *Flusher, b *bucket) {
	w := v.wire
	for _, lead := range w.order {
		members := w.groups[lead]
		delete(w.groups, lead)
		row, slot := lead.ID.Row(), lead.ID.Slot()
		overwrite := v.shape.overwrite[lead.Kind]
		content := f.buckets.whole
		content.Reset()
		rev, before := uint32(0), false
		if overwrite {
			members = w.all(f, b, lead)
		}
		for _, s := range members {
			r, sl := s.ID.Row(), s.ID.Slot()
			if b.fresh.Has(r, sl) {
				content.MergeInto(row, slot, b.fresh, r, sl)
			}
			if overwrite && b.hasSent(r, sl) {
				content.MergeInto(row, slot, b.sent, r, sl)
				before = true
				rev = max(rev, b.revisions[s.ID]+1)
			}
		}
		if b.reopened && overwrite && !before && f.memory.sent(b.start, lead.Key) {
			v.drop(1, transport.ReasonLateUnmerged)
			continue
		}
		v.addUnit(f, unitKey{series: lead.Key, unix: b.start, rev: rev, overwrite: overwrite}, lead, content, row, slot)
	}
	w.order = w.order[:0]
}

// all returns every series of lead's group that has content in b.
func (w *wire) all(f *Flusher, b *bucket, lead *Series) []*Series {
	hash := w.chosen[lead.ID].hash
	var out []*Series
	for i := range w.chosen {
		c := &w.chosen[i]
		if c.series == nil || c.hash != hash || c.series.Kind == transport.KindGauge && c.series != lead {
			continue
		}
		r, s := c.series.ID.Row(), c.series.ID.Slot()
		if f.cfg.Catalog.Series(c.series.ID) == c.series && (b.fresh.Has(r, s) || b.hasSent(r, s)) {
			out = append(out, c.series)
		}
	}
	return out
}
