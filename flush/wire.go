package flush

import (
	"encoding/binary"
	"log/slog"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// wire knows which series become one under a transport's own names.
type wire struct {
	namer      transport.WireNamer      // or
	identifier transport.WireIdentifier // the other is nil
	scratch    []byte
	tags       []string  // scratch
	members    []*Series // scratch: those of the group being added

	log    *slog.Logger
	placed []placement // by id
	// By hash: series that are one on the wire with no other, which nearly all are, and
	// those that are or were.
	alone  map[uint64]shard.ID
	groups map[uint64]*wireGroup
	pass   uint64 // bucket hand-outs of this view
}

// wireGroup is the series of one kind, name, tags and host on the wire, where they are
// more than one or were.
type wireGroup struct {
	hash    uint64   // of that identity
	members []member // in the order they were first seen
	pass    uint64   // the last hand-out that the group was added in
}

// member names a series; ids are reused.
type member struct {
	id  shard.ID
	key uint64
}

// placement says what a series is on the wire.
type placement struct {
	key  uint64 // whom it is about; ids are reused
	hash uint64 // 0: nobody
}

func newWire(c *capabilities, log *slog.Logger) *wire {
	return &wire{namer: c.namer, identifier: c.identifier, log: log, alone: map[uint64]shard.ID{}, groups: map[uint64]*wireGroup{}}
}

// place returns the hash of what a series is on the wire. A series is named at first
// sight, and leaves its group when its id is another's.
func (w *wire) place(series *Series) uint64 {
	w.placed = grow(w.placed, int(series.ID))
	at := &w.placed[series.ID]
	if at.hash != 0 && at.key == series.Key {
		return at.hash
	}
	if at.hash != 0 {
		w.leave(at.hash, member{series.ID, at.key})
	}
	*at = placement{series.Key, max(w.hash(series), 1)}
	w.join(at.hash, member{series.ID, series.Key})
	return at.hash
}

func (w *wire) join(hash uint64, m member) {
	if g := w.groups[hash]; g != nil {
		g.members = append(g.members, m)
		return
	}
	first, met := w.alone[hash]
	if !met {
		w.alone[hash] = m.id
		return
	}
	delete(w.alone, hash)
	w.groups[hash] = &wireGroup{hash: hash, members: []member{{first, w.placed[first].key}, m}}
}

func (w *wire) leave(hash uint64, m member) {
	g := w.groups[hash]
	if g == nil {
		delete(w.alone, hash)
		return
	}
	g.members = slices.DeleteFunc(g.members, func(other member) bool { return other == m })
	if len(g.members) == 0 {
		delete(w.groups, hash)
	}
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
	if w.identifier != nil {
		_, _ = d.Write(w.identity(s))
		return d.Sum64()
	}
	part(w.call(w.namer.WireName, s.Name()))
	if s.Common.HostSet { // always as many parts before the tags, or a tag could pass for a host
		part("host")
		part(s.Common.Host)
	} else {
		part("")
		part("")
	}
	part(s.Common.Device)
	w.tags = s.AppendTags(w.tags[:0])
	for i, tag := range w.tags {
		w.tags[i] = w.call(w.namer.WireTag, tag)
	}
	slices.Sort(w.tags)
	for _, tag := range slices.Compact(w.tags) {
		part(tag)
	}
	return d.Sum64()
}

// identity returns what the transport says s is on its wire. Where it panics, s is
// told from all others by its key.
func (w *wire) identity(s *Series) []byte {
	id := w.scratch[:0]
	whole := false
	name, common := s.Name(), s.Common
	w.tags = s.AppendTags(w.tags[:0])
	shielded(w.log, "flush: AppendWireIdentity of a transport panicked; the series is taken as it is", name, func() {
		id = w.identifier.AppendWireIdentity(id, &transport.Series{
			Name: name, Tags: w.tags, Host: common.Host, HostSet: common.HostSet, Device: common.Device, Kind: s.Kind,
		})
		whole = true
	})
	if !whole {
		return binary.LittleEndian.AppendUint64(nil, s.Key)
	}
	w.scratch = id
	return id
}

// call calls a transport's naming function, which must not hurt us. Where it
// panics the name stays as it is.
func (w *wire) call(rename func(string) string, name string) (out string) {
	out = name
	shielded(w.log, "flush: WireName or WireTag of a transport panicked; the name is taken as it is", name, func() { out = rename(name) })
	return out
}

// addGroup adds the new content of series that are one on the wire, as one unit
// under the name of one that is in the bucket. Where the backend overwrites it is
// the whole of all of them, touched since or not. A mix of gauges would be no
// value: there one is sent, the first in the bucket, and the others are left out.
func (v *view) addGroup(f *Flusher, b *bucket, g *wireGroup) {
	members := v.wire.members[:0]
	g.members = slices.DeleteFunc(g.members, func(m member) bool {
		s := f.cfg.Catalog.Series(m.id)
		if s == nil || s.Key != m.key { // its id is another's, which this view has not met
			v.wire.placed[m.id] = placement{} // it may come back under this id
			return true
		}
		members = append(members, s)
		return false
	})
	v.wire.members = members
	defer clear(members)
	lead := v.lead(b, g, members)
	if lastWins(lead.Kind) {
		for _, s := range members {
			switch {
			case !v.touched(b, s):
			case s == lead:
				v.addOne(f, b, s, g.hash)
			default:
				v.drop(1, transport.ReasonCollision)
			}
		}
		return
	}
	unit := v.unit(b, lead.Kind, g.hash)
	if content := v.merged(f, b, g.hash, members, lead, &unit); content != nil {
		v.addUnit(f, unit, lead, content)
	}
}

// lead returns the series that a group is sent under. Of gauges it stays the same
// in a bucket: those that were left out count as handed out, too.
func (v *view) lead(b *bucket, g *wireGroup, members []*Series) *Series {
	if lead, ok := b.leads[g]; ok {
		if i := slices.IndexFunc(members, func(s *Series) bool { return s.ID == lead }); i >= 0 {
			return members[i]
		}
	}
	lead := v.first(b, members)
	if lastWins(lead.Kind) {
		if b.leads == nil {
			b.leads = map[*wireGroup]shard.ID{}
		}
		b.leads[g] = lead.ID
	}
	return lead
}

// first returns the first of a group that was sent in b, or else is to be.
func (v *view) first(b *bucket, members []*Series) *Series {
	for _, s := range members {
		if b.hasSent(s.ID) && v.keeps(s) {
			return s
		}
	}
	for _, s := range members {
		if v.touched(b, s) {
			return s
		}
	}
	panic("flush: a group without content") // it is asked for because a member is touched
}

// touched reports whether a series has new content in b for this view.
func (v *view) touched(b *bucket, s *Series) bool {
	return b.fresh.Has(s.ID.Row(), s.ID.Slot()) && v.keeps(s)
}

// merged returns what a backend is to get for a group, at the place of lead, and
// sets the unit's revision: the number of hand-outs of all its series, which
// grows with each of the group's. nil if there is nothing to send.
func (v *view) merged(f *Flusher, b *bucket, hash uint64, members []*Series, lead *Series, unit *unitKey) *rollup.Bucket {
	row, slot := lead.ID.Row(), lead.ID.Slot()
	whole := v.wantsWhole(lead.Kind)
	if v.overwritten(lead.Kind) && f.lost(b, hash) {
		v.drop(1, transport.ReasonLateUnmerged)
		return nil
	}
	content := f.buckets.whole
	content.Reset()
	for _, s := range members {
		if !b.has(s.ID) || !v.keeps(s) {
			continue
		}
		r, sl := s.ID.Row(), s.ID.Slot()
		if b.fresh.Has(r, sl) {
			content.MergeInto(row, slot, b.fresh, r, sl)
		}
		if whole && b.hasSent(s.ID) {
			content.MergeInto(row, slot, b.sent, r, sl)
			if v.overwritten(lead.Kind) {
				unit.rev += b.handOuts(s.ID)
			}
		}
	}
	if lead.Kind != transport.KindSet || whole {
		return content
	}
	for _, s := range members {
		if b.hasSent(s.ID) && v.keeps(s) {
			content.RemoveMembers(row, slot, b.sent, s.ID.Row(), s.ID.Slot())
		}
	}
	if content.Members(row, slot) == 0 {
		return nil
	}
	return content
}
