package flush

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// view makes the batches of the transports that want the same: the same
// temporality for each kind, the same choice of flat points and summaries, the same
// profile. A transport with a filter or with names of its own has a view of its own.
//
// A view belongs to the flusher. Only what is behind mu is shared: senders give the memory of
// batches back.
type view struct {
	shape   viewShape
	filter  *filter // nil unless the transport has one
	wire    *wire   // nil unless the transport names series its own way
	senders []*sender
	figures figures
	running *running // nil where neither totals nor times have to be remembered

	revisions *revisions
	holds     *holds    // of the flusher
	current   *handout  // the batch under way
	noted     []unitKey // revisions in it
	values    []float64 // scratch: the figures of one unit
	interval  time.Duration
	out       *[]delivery
	seq       *atomic.Uint64 // batches made by all views

	units, points int // the most that one batch had

	mu        sync.Mutex
	free      []*handout
	freeBytes int
}

// viewShape is what transports must agree on to share batches.
type viewShape struct {
	temporality   [transport.KindDistribution + 1]transport.Temporality // by kind
	untimed       bool
	summaries     bool
	distributions bool
	members       bool
	profile       Profile
}

// join gives a sender to the view that fits it, made if there is none.
func (f *Flusher) join(s *sender, tc *TransportConfig, c *capabilities) {
	for kind, temporality := range c.shape.temporality {
		overwrites := temporality == transport.Overwrite
		f.overwritten[kind] = f.overwritten[kind] || overwrites
		f.overwrites = f.overwrites || overwrites
	}
	named := c.namer != nil || c.identifier != nil
	own := named || tc.Only != nil
	if !own {
		for _, v := range f.views {
			if v.shape == c.shape && v.filter == nil && v.wire == nil {
				v.senders = append(v.senders, s)
				return
			}
		}
	}
	v := &view{
		shape: c.shape, senders: []*sender{s}, figures: newFigures(&f.cfg, c.shape.profile),
		revisions: newRevisions(), holds: f.holds, out: &f.outbox, seq: &f.batches, interval: f.cfg.Rollup,
	}
	if tc.Only != nil {
		v.filter = newFilter(tc.Only, f.cfg.Log)
	}
	if named {
		v.wire = newWire(c, f.cfg.Log)
	}
	if c.shape.untimed || slices.Contains(c.shape.temporality[:], transport.Cumulative) {
		v.running = newRunning(f.cfg.RunningSeries)
	}
	f.views = append(f.views, v)
}

// add adds what is new in b, series by series in the order of their ids, or, in the
// ThreadStats profile, as they came into the bucket. Series
// that are one on the wire come where the first of them does.
func (v *view) add(f *Flusher, b *bucket) {
	if v.wire == nil {
		v.each(f, b, func(series *Series) { v.addOne(f, b, series, series.Key) })
		return
	}
	v.wire.pass++
	// Each series finds its group before the first group is added.
	v.each(f, b, func(series *Series) { v.wire.place(series) })
	v.each(f, b, func(series *Series) {
		hash := v.wire.place(series)
		var g *wireGroup
		if len(v.wire.groups) > 0 {
			g = v.wire.groups[hash]
		}
		switch {
		case g == nil || len(g.members) == 1:
			v.addOne(f, b, series, hash)
		case g.pass != v.wire.pass:
			g.pass = v.wire.pass
			v.addGroup(f, b, g)
		}
	})
}

// each calls do for the series with new content in b that this view takes.
func (v *view) each(f *Flusher, b *bucket, do func(*Series)) {
	each := b.fresh.Each
	if v.shape.profile == ProfileThreadStats {
		each = b.fresh.EachInOrder
	}
	each(func(row, slot int) {
		if series := f.cfg.Catalog.Series(shard.MakeID(row, slot)); v.keeps(series) {
			do(series)
		}
	})
}

// identity returns what tells a series from others in this view.
func (v *view) identity(series *Series) uint64 {
	if v.wire == nil {
		return series.Key
	}
	return v.wire.place(series)
}

func (v *view) keeps(series *Series) bool { return v.filter == nil || v.filter.keeps(series) }

// addOne adds the new content of one series that has its name to itself. key is
// its identity.
func (v *view) addOne(f *Flusher, b *bucket, series *Series, key uint64) {
	unit := v.unit(b, series.Kind, key)
	if v.overwritten(series.Kind) && f.lost(b, key) {
		v.drop(1, transport.ReasonLateUnmerged)
		return
	}
	content := b.fresh
	if b.hasSent(series.ID) {
		if v.overwritten(series.Kind) {
			unit.rev = b.handOuts(series.ID)
		}
		if content = v.late(f, b, series); content == nil {
			return
		}
	}
	v.addUnit(f, unit, series, content)
}

// unit returns the key of what b has of a series with an identity.
func (v *view) unit(b *bucket, kind transport.Kind, identity uint64) unitKey {
	return unitKey{series: identity, unix: b.start, overwrite: v.shape.temporality[kind] != transport.Additive}
}

func (v *view) overwritten(kind transport.Kind) bool {
	return v.shape.temporality[kind] == transport.Overwrite
}

func (v *view) cumulative(kind transport.Kind) bool {
	return v.shape.temporality[kind] == transport.Cumulative
}

// wantsWhole reports whether a late part of a kind is sent as the whole of its
// bucket. The size of a set makes sense for the whole only.
func (v *view) wantsWhole(kind transport.Kind) bool {
	return v.overwritten(kind) || kind == transport.KindSet && v.cumulative(kind)
}

// late returns what a backend is to get for a series with new content in a bucket
// that was sent: the whole if it overwrites, else what is new. nil if nothing is.
func (v *view) late(f *Flusher, b *bucket, series *Series) *rollup.Bucket {
	row, slot := series.ID.Row(), series.ID.Slot()
	part := f.buckets.whole
	switch {
	case v.wantsWhole(series.Kind):
	case lastWins(series.Kind):
		if b.sent.GaugeStands(row, slot, b.fresh) {
			return nil // a later value was sent
		}
		return b.fresh
	case series.Kind == transport.KindSet:
		part.Reset()
		part.Merge(b.fresh, row, slot)
		part.RemoveMembers(row, slot, b.sent, row, slot)
		if part.Members(row, slot) == 0 {
			return nil // all of them were sent
		}
		return part
	default:
		return b.fresh
	}
	part.Reset()
	part.Merge(b.sent, row, slot)
	part.Merge(b.fresh, row, slot)
	return part
}

// lastWins reports whether of two values of a kind in one bucket the later one
// stands alone, so that they cannot be merged.
func lastWins(kind transport.Kind) bool {
	return kind == transport.KindGauge || kind == transport.KindRate
}

// addUnit adds one (series, bucket), which becomes one or several points.
func (v *view) addUnit(f *Flusher, key unitKey, series *Series, content *rollup.Bucket) {
	if v.running == nil {
		v.put(f, key, series, content, nil)
		return
	}
	run, reason := v.remember(f, &key, series, content)
	switch {
	case reason != "":
		v.drop(1, reason)
	case run == nil || !run.owed: // what is owed is put at the end of the hand-out
		v.put(f, key, series, content, run)
	}
}

// put adds what a unit becomes to a batch. run is nil unless its totals are sent.
func (v *view) put(f *Flusher, key unitKey, series *Series, content *rollup.Bucket, run *runningSeries) {
	h := v.room(v.figures.points())
	before := len(h.values)
	if !v.append(f, h, series, content, run) {
		v.drop(1, transport.ReasonOverflowSum)
		return
	}
	if len(h.values) == before { // a histogram of which no figure is wanted
		return
	}
	if v.overwritten(series.Kind) {
		v.holds.take(h, key.unix)
	}
	h.close(key)
	if key.rev > 0 {
		v.noted = append(v.noted, key)
	}
}

// drop counts units that do not get as far as a queue.
func (v *view) drop(n int, reason transport.Reason) {
	for _, s := range v.senders {
		s.drop(n, reason)
	}
}
