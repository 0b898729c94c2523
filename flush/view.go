package flush

import (
	"math/rand/v2"
	"sync"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// view makes the batches of the transports that want the same: the same
// temporality for each kind, the same choice of flat points and summaries. A
// transport with a filter or with names of its own has a view of its own.
//
// A view belongs to the flusher. Only free is shared: senders give the memory of
// batches back.
type view struct {
	shape   viewShape
	only    func(name string) bool
	wire    *wire // nil unless the transport names series its own way
	senders []*sender

	revisions *revisions
	noted     []unitKey // revisions of the batches not yet delivered
	figures   figures
	out       *[]delivery
	current   *handout
	series    []seriesChoice // by id: what only says

	mu   sync.Mutex
	free []*handout
}

// viewShape is what transports must agree on to share batches.
type viewShape struct {
	overwrite     [transport.KindDistribution + 1]bool // by kind
	summaries     bool
	distributions bool
	members       bool
}

type seriesChoice struct {
	series *Series // whom it is about; ids are reused
	keep   bool
}

// join gives a sender to the view that fits it, made if there is none.
func (f *Flusher) join(s *sender, tc TransportConfig) {
	d := describe(tc.Transport)
	shape := viewShape{summaries: d.Summaries, distributions: d.Summaries || d.Distributions, members: d.Members}
	if r, ok := tc.Transport.(transport.TemporalityReporter); ok {
		for k := range shape.overwrite {
			shape.overwrite[k] = k > 0 && r.Temporality(transport.Kind(k)) == transport.Overwrite
		}
	}
	namer, named := tc.Transport.(transport.WireNamer)
	own := named || tc.Only != nil
	if !own {
		for _, v := range f.views {
			if v.shape == shape && v.only == nil && v.wire == nil {
				v.senders = append(v.senders, s)
				return
			}
		}
	}
	v := &view{shape: shape, only: tc.Only, senders: []*sender{s}, revisions: newRevisions(), out: &f.outbox}
	v.figures = newFigures(&f.cfg)
	if named {
		v.wire = newWire(namer, f.cfg.Log)
	}
	f.views = append(f.views, v)
}

// Bounds of one batch. A unit that is larger has one to itself.
const (
	batchPoints = 2000
	batchBytes  = 1 << 20
)

// process tells the batches of this process from those of others.
var process = rand.Uint64()

// add adds what is new in b.
func (v *view) add(f *Flusher, b *bucket) {
	b.fresh.Each(func(row, slot int) {
		series := f.cfg.Catalog.Series(shard.MakeID(row, slot))
		if !v.keeps(f, series) {
			return
		}
		if v.wire != nil {
			leader, shared := v.wire.leader(f.cfg.Catalog, series)
			if shared {
				v.addShared(f, b, leader, series)
				return
			}
		}
		v.addOne(f, b, series)
	})
	if v.wire != nil {
		v.addGroups(f, b)
	}
}

// addOne adds one series that has its name to itself.
func (v *view) addOne(f *Flusher, b *bucket, series *Series) {
	row, slot := series.ID.Row(), series.ID.Slot()
	overwrite := v.shape.overwrite[series.Kind]
	if b.reopened && overwrite && !b.hasSent(row, slot) && f.memory.sent(b.start, series.Key) {
		v.drop(1, transport.ReasonLateUnmerged)
		return
	}
	content, rev := b.fresh, uint32(0)
	if overwrite && b.hasSent(row, slot) {
		content = f.buckets.whole
		content.Reset()
		content.Merge(b.sent, row, slot)
		content.Merge(b.fresh, row, slot)
		rev = b.revisions[series.ID] + 1
	}
	v.addUnit(f, unitKey{series: series.Key, unix: b.start, rev: rev, overwrite: overwrite}, series, content, row, slot)
}

func (b *bucket) hasSent(row, slot int) bool { return b.sent != nil && b.sent.Has(row, slot) }

// addUnit adds one (series, bucket), which becomes one or several points.
func (v *view) addUnit(f *Flusher, key unitKey, series *Series, content *rollup.Bucket, row, slot int) {
	h := v.room(f, v.figures.points())
	if !v.append(f, h, key, series, content, row, slot) {
		v.drop(1, transport.ReasonOverflowSum)
		return
	}
	h.units = append(h.units, key)
	h.ends = append(h.ends, int32(len(h.batch.Series)))
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

// room returns a batch with room for n more points.
func (v *view) room(f *Flusher, n int) *handout {
	if h := v.current; h != nil {
		if len(h.batch.Series)+n <= batchPoints && h.bytes < batchBytes {
			return h
		}
		v.finish()
	}
	v.mu.Lock()
	if n := len(v.free); n > 0 {
		v.current, v.free = v.free[n-1], v.free[:n-1]
	}
	v.mu.Unlock()
	if v.current == nil {
		v.current = &handout{recycle: v.recycle, revisions: v.revisions}
	}
	f.batches++
	v.current.batch.ID = transport.BatchID{Process: process, Seq: f.batches}
	return v.current
}

// finish puts the batch under way into the outbox.
func (v *view) finish() {
	h := v.current
	if h == nil {
		return
	}
	v.current = nil
	if len(h.units) == 0 {
		v.recycle(h)
		return
	}
	*v.out = append(*v.out, delivery{h: h, view: v, noted: v.noted})
	v.noted = nil
}

// maxFreeHandouts bounds the batches kept for reuse by one view.
const maxFreeHandouts = 64

// recycle takes back the memory of a batch that no sender needs any more. It is
// called by senders.
func (v *view) recycle(h *handout) {
	clear(h.batch.Series) // the strings are the catalog's
	h.batch.Series = h.batch.Series[:0]
	h.units, h.ends, h.bytes = h.units[:0], h.ends[:0], 0
	h.arena.reset()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.free) < maxFreeHandouts {
		v.free = append(v.free, h)
	}
}

// keeps asks the transport's filter about a series once.
func (v *view) keeps(f *Flusher, series *Series) bool {
	if v.only == nil {
		return true
	}
	i := int(series.ID)
	for i >= len(v.series) {
		v.series = append(v.series, make([]seriesChoice, 1+len(v.series))...)
	}
	c := &v.series[i]
	if c.series != series {
		*c = seriesChoice{series, f.ask(v.only, series.Name)}
	}
	return c.keep
}

// ask calls a user's filter, which must not hurt us. One that panics keeps.
func (f *Flusher) ask(only func(string) bool, name string) (keep bool) {
	defer func() {
		if p := recover(); p != nil {
			f.cfg.Log.Error("flush: the filter of OnlyMetrics panicked, the metric is sent", "metric", name, "panic", p)
			keep = true
		}
	}()
	return only(name)
}
