package stats

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// series is what submitters hold of a series: a spelling, a handle or a watch
// points at it. As long as one can be reached its id stays with it, for an add
// through ref may still come: each submission keeps the series alive until
// after its last write (runtime.KeepAlive).
type series struct {
	ref shard.Ref
	rec *record
}

// record is what the registry and the flusher keep of a series. Its info is
// immutable, the rest is under the registry's lock.
type record struct {
	info flush.Series
	key  string // identityKey
	ref  shard.Ref

	// A series is linked while its spellings are in the table. After it was
	// idle for long it is unlinked: link is nil, and weak tells whether some
	// submitter still holds the series. It is linked again, under the same id,
	// if it comes back first.
	link      *series
	weak      weak.Pointer[series]
	spellings []*spelling
	since     int64 // Unix seconds of the last linking

	state      recordState
	unlinkedAt int64  // Unix seconds
	retiredAt  uint64 // the newest bucket when it was retired
	overflow   bool   // takes what is beyond the limit; never expires
}

// recordState is how far a series is on its way out: see expiry.go.
type recordState uint8

const (
	linked recordState = iota
	unlinked
	unreachable // no submitter holds it; the next drain takes what they left
	retired     // drained for the last time; buckets may still hold its id
)

// registry knows every series of a client and its children.
type registry struct {
	table atomic.Pointer[table]
	// infos finds a series by id without a lock: rows of slots, both published.
	infos atomic.Pointer[[]*infoRow]

	core *core

	mu        sync.Mutex // taken by first sights, and by the flusher for short
	records   map[string]*record
	unlinked  []*record
	names     map[string]*nameUse
	live      int         // linked series, without those that take the overflow
	spellings int         // in the table
	hosts     []*spelling // those of hosts, oldest first
	idle      []*record   // candidates to give up their place, longest idle last
	building  bool        // the flusher copies the table
	added     []*spelling
	removed   []*spelling

	overflowNames int     // names that have overflow series of their own
	overflowSaid  int64   // Unix seconds of the last complaint about the limit
	complaints    []error // for the flusher to report: submitters call no user code

	// The flusher's.
	lastExpiry int64
	forced     time.Time // when it last made a GC cycle happen
	cycles     uint64    // GC cycles when last looked at
	cyclesAt   time.Time // since when that number stands

	forcedGrace atomic.Uint64
}

type infoRow [shard.RowSlots]atomic.Pointer[flush.Series]

// nameUse counts the series of a name and the kinds it was used with.
type nameUse struct {
	series   int
	kinds    uint16
	reported bool
}

const (
	// maxSpellings bounds the ways of writing one series that are remembered.
	// Beyond it half of them are forgotten, and found again by a first sight.
	maxSpellings = 64
)

func newRegistry(c *core) *registry {
	r := &registry{core: c, records: map[string]*record{}, names: map[string]*nameUse{}}
	r.table.Store(newTable(firstTableSlots, nil))
	r.infos.Store(new([]*infoRow))
	return r
}

// resolve is the first sight of a spelling: it finds or makes the series, and
// remembers the spelling. It returns nil if the submission has to be refused,
// which it has counted.
func (c *Client) resolve(kind kind, name string, tags []string) *series {
	s, why := c.meet(kind, name, tags)
	if s == nil {
		c.core.refuse(why)
	}
	return s
}

// meet is resolve without the count: it returns why there is no series.
func (c *Client) meet(kind kind, name string, tags []string) (*series, transport.Reason) {
	switch {
	case c.core.store.Stopped():
		return nil, transport.ReasonAfterStop
	case name == "" || tooLong(name, tags):
		return nil, transport.ReasonBadName
	}
	return c.core.registry.register(c, kind, name, tags)
}

func tooLong(name string, tags []string) bool {
	if len(name) > maxStringBytes {
		return true
	}
	for _, tag := range tags {
		if len(tag) > maxStringBytes {
			return true
		}
	}
	return false
}

// register returns the series of a call, or why there is none to be had.
func (r *registry) register(c *Client, kind kind, name string, tags []string) (*series, transport.Reason) {
	full := joinName(c.namespace, name)
	metric := r.core.cfg.metric(full)
	sorted, ordered := c.tagsOf(metric, tags)
	id := identity{kind, full, sorted, c.host}
	key := id.key()
	now := r.core.now().Unix()

	r.mu.Lock()
	defer r.mu.Unlock()
	rec := r.records[key]
	if rec == nil {
		if r.full(metric, full) || r.live >= r.core.cfg.seriesLimit && !r.evict(now) {
			return r.overflow(metric, kind, full, now)
		}
		if rec = r.newRecord(key, &id, ordered, metric, now); rec == nil {
			return nil, transport.ReasonAfterStop
		}
		r.live++
		r.countName(full, kind)
	}
	s := r.relink(rec, now)
	if sp := c.find(kind, name, tags); sp == nil || sp.series != s { // nobody was faster
		sp = c.newSpelling(kind, name, tags)
		sp.ref, sp.series = s.ref, s
		r.remember(rec, sp)
	}
	return s, ""
}

// newRecord makes a series, nil if the store has stopped meanwhile. Under r.mu.
func (r *registry) newRecord(key string, id *identity, ordered []string, m *metric, now int64) *record {
	ref, ok := r.core.store.AllocSized(classOf(id.kind), m.reservoirSize())
	if !ok {
		return nil
	}
	rec := &record{key: key, ref: ref, since: now}
	common := &flush.Common{Host: id.host.name, HostSet: id.host.set, Device: r.core.cfg.device}
	text := flush.Text{Name: id.name, Tags: id.tags, Ordered: ordered, Metric: m.forFlush()}
	rec.info = *flush.NewSeries(ref.ID(), id.kind, xxhash.Sum64String(key), common, text)
	r.records[key] = rec
	r.publishInfo(&rec.info)
	return rec
}

// publishInfo makes a series known to the flusher, before any submission to it.
// Under r.mu.
func (r *registry) publishInfo(info *flush.Series) {
	rows := *r.infos.Load()
	for len(rows) <= info.ID.Row() {
		rows = append(rows, new(infoRow))
	}
	rows[info.ID.Row()][info.ID.Slot()].Store(info)
	r.infos.Store(&rows)
}

// Series implements [flush.Catalog].
func (r *registry) Series(id shard.ID) *flush.Series {
	rows := *r.infos.Load()
	if id.Row() >= len(rows) {
		return nil
	}
	return rows[id.Row()][id.Slot()].Load()
}

// relink returns the series of rec, and takes it back if it was unlinked. Under
// r.mu.
func (r *registry) relink(rec *record, now int64) *series {
	if rec.link != nil {
		return rec.link
	}
	if s := rec.weak.Value(); s != nil {
		rec.link = s
	} else {
		rec.link = &series{ref: rec.ref, rec: rec}
	}
	rec.since = now
	if rec.state != linked { // expire drops it from the list of unlinked ones
		rec.state = linked
		r.live++
	}
	return rec.link
}

// remember puts a spelling of rec into the table. Under r.mu.
func (r *registry) remember(rec *record, sp *spelling) {
	if len(rec.spellings) >= maxSpellings {
		half := len(rec.spellings) / 2
		for _, old := range rec.spellings[:half] {
			r.removeSpelling(old)
		}
		rec.spellings = append([]*spelling(nil), rec.spellings[half:]...)
	}
	rec.spellings = append(rec.spellings, sp)
	r.addSpelling(sp)
}

// countName notes one more series of a name, and complains once if the name was
// used with another kind before. Under r.mu.
func (r *registry) countName(name string, kind kind) {
	use := r.names[name]
	if use == nil {
		use = new(nameUse)
		r.names[name] = use
	}
	before := use.kinds
	use.series++
	use.kinds |= 1 << kind
	if before == 0 || before == use.kinds || use.reported {
		return
	}
	use.reported = true
	r.complain(fmt.Errorf("stats: the name %q is used with more than one kind (now %s): both series are kept; rename one, since many backends show only one kind per name", name, kind))
}

// complain queues an error for the flusher to report. Under r.mu.
func (r *registry) complain(err error) {
	if len(r.complaints) < 16 {
		r.complaints = append(r.complaints, err)
	}
}
