package flush_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// catalog gives ids to series: a row for each kind.
type catalog struct {
	mu     sync.Mutex
	series map[shard.ID]*flush.Series
	slots  map[transport.Kind]int
	sweeps [][2]uint64 // newest and oldest

	complaints []error // for the next Sweep to return
}

func newCatalog() *catalog {
	return &catalog{series: map[shard.ID]*flush.Series{}, slots: map[transport.Kind]int{}}
}

// add makes a series.
func (c *catalog) add(kind transport.Kind, name string, tags ...string) shard.ID {
	c.mu.Lock()
	n := c.slots[kind]
	c.slots[kind]++
	c.mu.Unlock()
	id := shard.MakeID(int(kind)+10*(n/shard.RowSlots), n%shard.RowSlots)
	c.put(id, kind, name, tags...)
	return id
}

// put gives an id to a series.
func (c *catalog) put(id shard.ID, kind transport.Kind, name string, tags ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := fnv.New64a()
	fmt.Fprint(h, kind, name, tags)
	c.series[id] = flush.NewSeries(id, kind, h.Sum64(), &flush.Common{}, flush.Text{Name: name, Tags: tags})
}

// Series implements [flush.Catalog].
func (c *catalog) Series(id shard.ID) *flush.Series {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.series[id]
}

// Sweep implements [flush.Catalog].
func (c *catalog) Sweep(_ time.Time, newest, oldest uint64) []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweeps = append(c.sweeps, [2]uint64{newest, oldest})
	complaints := c.complaints
	c.complaints = nil
	return complaints
}

// wall is a clock that can be set. It goes on from there with the runtime's, or
// stands if it is stopped.
type wall struct {
	mu      sync.Mutex
	base    time.Time
	since   time.Time
	stopped bool
}

// Now implements [flush.Clock].
func (w *wall) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return w.base
	}
	return w.base.Add(time.Since(w.since))
}

func (w *wall) set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.base, w.since = t, time.Now()
}

func (w *wall) add(d time.Duration) { w.set(w.Now().Add(d)) }

// rig is a flusher with a source, a catalog and a clock that the test plays.
type rig struct {
	*flush.Flusher
	t       *testing.T
	src     *source
	cat     *catalog
	clock   *wall
	log     *safeText
	mu      sync.Mutex
	refused map[transport.Reason]uint64
}

// begin is when the rigs' clocks start: on a boundary of every interval.
var begin = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// sec returns the Unix time of a second of the test's day, 0 at begin.
func sec(s int64) int64 { return begin.Unix() + s }

// manual returns a rig without goroutines, whose clock stands.
func manual(t *testing.T, change func(*flush.Config), to ...transport.Transport) *rig {
	t.Helper()
	return newRig(t, func(c *flush.Config) {
		c.Manual = true
		c.Clock.(*wall).stopped = true
		if change != nil {
			change(c)
		}
	}, to...)
}

// ticking returns a rig whose goroutines run, for use in a bubble of synctest.
func ticking(t *testing.T, change func(*flush.Config), to ...transport.Transport) *rig {
	t.Helper()
	r := newRig(t, change, to...)
	r.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = r.Shutdown(ctx)
	})
	return r
}

func newRig(t *testing.T, change func(*flush.Config), to ...transport.Transport) *rig {
	t.Helper()
	r := &rig{t: t, cat: newCatalog(), clock: &wall{base: begin, since: time.Now()}, log: &safeText{}, refused: map[transport.Reason]uint64{}}
	r.src = newSource(t, r.clock.Now)
	cfg := flush.Config{
		Store: r.src, Catalog: r.cat, Clock: r.clock,
		Rollup: 10 * time.Second, Interval: 10 * time.Second,
		LateWindow: 20 * time.Second, MaxPast: time.Hour, MaxAhead: 10 * time.Minute, MaxBuckets: 512,
		ReservoirSize: 100, DistributionValues: 100, SetMembers: 100,
		Log:     slog.New(slog.NewTextHandler(r.log, nil)),
		OnError: func(error) {},
		Refused: func(reason transport.Reason, n uint64) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.refused[reason] += n
		},
	}
	for _, tr := range to {
		cfg.Transports = append(cfg.Transports, flush.TransportConfig{Transport: tr})
	}
	if change != nil {
		change(&cfg)
	}
	f, err := flush.New(cfg)
	require.NoError(t, err)
	r.Flusher = f
	return r
}

// flushAll is a Flush that must work.
func (r *rig) flushAll() {
	r.t.Helper()
	require.NoError(r.t, r.Flush(r.t.Context()))
}

// flushAt is a FlushAt that must work.
func (r *rig) flushAt(s int64) {
	r.t.Helper()
	require.NoError(r.t, r.FlushAt(r.t.Context(), time.Unix(sec(s), 0)))
}

func (r *rig) refusals() map[transport.Reason]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.refused)
}

// book returns the books of transport i, which must balance.
func (r *rig) book(i int) flush.Books {
	r.t.Helper()
	b := r.Books()[i]
	assert.True(r.t, b.Balanced(), "%+v", b)
	return b
}

// arrived returns what a transport got, as "name{tags}@second=value rev", in order.
func arrived(m *memory.Transport) []string {
	var out []string
	for _, s := range m.Series() {
		for _, p := range s.Points {
			out = append(out, textOf(&s, &p))
		}
	}
	return out
}

// taken returns what arrived and forgets it.
func taken(m *memory.Transport) []string {
	defer m.Reset()
	return arrived(m)
}

func textOf(s *transport.Series, p *transport.Point) string {
	var b strings.Builder
	b.WriteString(s.Name)
	if len(s.Tags) > 0 {
		fmt.Fprintf(&b, "%v", s.Tags)
	}
	fmt.Fprintf(&b, "@%d=", p.Unix-begin.Unix())
	switch {
	case p.Summary != nil:
		fmt.Fprintf(&b, "%v/%v", p.Summary.Sum, p.Summary.Count)
	case p.Members != nil:
		fmt.Fprintf(&b, "%v", p.Members)
	default:
		fmt.Fprint(&b, p.Value)
	}
	if p.Rev > 0 {
		fmt.Fprintf(&b, " rev %d", p.Rev)
	}
	return b.String()
}

// overwrites makes a memory transport one that keeps the last value of a kind.
func overwrites() memory.Option {
	return memory.WithTemporality(func(transport.Kind) transport.Temporality { return transport.Overwrite })
}

// safeText collects what is written to a log.
type safeText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *safeText) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *safeText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
