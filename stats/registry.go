package stats

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// registry knows every series of a client and its children.
type registry struct {
	table atomic.Pointer[table]
	// rows finds a series, or its ghost, by id without a lock: rows of slots, both
	// published.
	rows atomic.Pointer[[]*seriesRow]

	core *core

	mu        sync.Mutex // taken by first sights, and by the flusher for short
	index     index      // of every series and ghost, by identity
	unlinked  []*series  // ghosts
	names     map[string]*nameUse
	aliases   map[shard.ID][]*series // of the few live series that have any
	live      int                    // linked series, without those that take the overflow
	spellings int                    // in the table
	hosts     []*series              // spellings of hosts, oldest first
	idle      []*series              // candidates to give up their place, longest idle last
	building  bool                   // the flusher copies the table
	added     []*series
	removed   []*series
	scratch   []string

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
	r := &registry{core: c, names: map[string]*nameUse{}, aliases: map[shard.ID][]*series{}}
	r.table.Store(newTable(firstTableSlots, nil))
	r.rows.Store(new([]*seriesRow))
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
	key := id.hash()
	text := flush.Text{Name: full, Tags: sorted, Ordered: ordered, Metric: metric.forFlush()}
	now := r.core.now().Unix()

	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(key, &id)
	switch {
	case s == nil:
		if r.full(metric, full) || r.live >= r.core.cfg.seriesLimit && !r.evict(now) {
			return r.overflow(metric, kind, full, now)
		}
		ref, ok := r.core.store.AllocSized(classOf(kind), metric.reservoirSize())
		if !ok {
			return nil, transport.ReasonAfterStop
		}
		s = c.newSeries(kind, name, tags, text, ref, key)
		r.index.add(key, s.ID, r.each)
		r.link(s, now)
		r.countName(s.Name(), kind)
		r.addSpelling(s)
		return s, ""
	case s.gone() != nil:
		if held := s.gone().weak.Value(); held != nil {
			s = r.relink(s, held, now)
			break
		}
		s = r.relink(s, c.newSeries(kind, name, tags, text, s.ref(), key), now)
		r.addSpelling(s)
		return s, ""
	}
	if c.find(kind, name, tags) == nil { // nobody was faster
		r.remember(c.newAlias(s, kind, name, tags))
	}
	return s, ""
}

// find returns the series of an identity, or its ghost, nil if there is none. Under
// r.mu.
func (r *registry) find(key uint64, id *identity) *series {
	return r.index.find(key, r.at, func(s *series) bool {
		return s.Kind == id.kind && s.Common.HostSet == id.host.set && s.Common.Host == id.host.name &&
			s.Name() == id.name && r.hasTags(s, id.tags)
	})
}

// hasTags reports whether s has these tags. Under r.mu.
func (r *registry) hasTags(s *series, tags []string) bool {
	r.scratch = s.AppendTags(r.scratch[:0])
	return slices.Equal(r.scratch, tags)
}

// newSeries makes a series out of the call that is the first to name it. text is all
// that its spelling may not say.
func (c *Client) newSeries(kind kind, name string, tags []string, text flush.Text, ref shard.Ref, key uint64) *series {
	s := new(series)
	more := c.spell(s, kind, name, tags)
	s.use(ref)
	s.Key = key
	if more == nil && text.Metric == nil && text.Ordered == nil && s.Name() == text.Name && c.core.registry.hasTags(s, text.Tags) {
		return s
	}
	own := text // or text would be made on the heap in any case
	if more != nil {
		own.Mark = more
	}
	s.Text = &own
	return s
}

// newAlias makes another spelling of s.
func (c *Client) newAlias(s *series, kind kind, name string, tags []string) *series {
	alias, more := c.newSpelling(kind, name, tags)
	more.target = s
	alias.ID, alias.row = s.ID, s.row
	return alias
}

// link makes s the live series of its id, for the flusher before any submission to
// it. Under r.mu.
func (r *registry) link(s *series, now int64) {
	s.Mark = uint32(now)
	r.publish(s)
	r.live++
}

// relink makes s the series of a ghost's id, and returns it: the one that was
// unlinked, if a submitter still holds it, or a new one. Under r.mu.
func (r *registry) relink(ghost, s *series, now int64) *series {
	ghost.gone().state = cameBack // settle drops it from the list
	r.link(s, now)
	return s
}

// remember puts an alias into the table. Under r.mu.
func (r *registry) remember(alias *series) {
	all := r.aliases[alias.ID]
	if len(all) >= maxSpellings {
		half := len(all) / 2
		for _, old := range all[:half] {
			r.removeSpelling(old)
		}
		all = slices.Clone(all[half:])
	}
	r.aliases[alias.ID] = append(all, alias)
	r.addSpelling(alias)
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

// uncountName notes one series less of a name. Under r.mu.
func (r *registry) uncountName(name string) {
	if use := r.names[name]; use != nil {
		if use.series--; use.series == 0 {
			delete(r.names, name)
		}
	}
}

// complain queues an error for the flusher to report. Under r.mu.
func (r *registry) complain(err error) {
	if len(r.complaints) < 16 {
		r.complaints = append(r.complaints, err)
	}
}
