package flush

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
)

// What the tests of the delivery half have in common: a transport that does as
// it is told, and handouts made by hand.

// sending is one call of Send as the transport saw it.
type sending struct {
	at     time.Duration // since the transport was made
	id     transport.BatchID
	points []string // "name@unix.rev"
}

// scripted is a transport whose answers a test gives. Safe for concurrent use.
type scripted struct {
	begin time.Time
	send  func(ctx context.Context, call int, b *transport.Batch) error // nil: delivered
	close func(ctx context.Context) error

	mu     sync.Mutex
	calls  []sending
	closes int
}

func answer(send func(ctx context.Context, call int, b *transport.Batch) error) *scripted {
	return &scripted{begin: time.Now(), send: send}
}

func (s *scripted) Send(ctx context.Context, b *transport.Batch) error {
	s.mu.Lock()
	n := len(s.calls)
	s.calls = append(s.calls, sending{time.Since(s.begin), b.ID, names(b)})
	s.mu.Unlock()
	if s.send == nil {
		return nil
	}
	return s.send(ctx, n, b)
}

func (s *scripted) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closes++
	s.mu.Unlock()
	if s.close == nil {
		return nil
	}
	return s.close(ctx)
}

// seen returns the calls so far.
func (s *scripted) seen() []sending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sending(nil), s.calls...)
}

// all returns the points of all calls, "|" between calls.
func (s *scripted) all() string {
	var b []string
	for _, c := range s.seen() {
		b = append(b, strings.Join(c.points, " "))
	}
	return strings.Join(b, " | ")
}

func names(b *transport.Batch) []string {
	var out []string
	for i := range b.Series {
		for _, p := range b.Series[i].Points {
			out = append(out, fmt.Sprintf("%s@%d.%d", b.Series[i].Name, p.Unix, p.Rev))
		}
	}
	return out
}

// failing answers with an outcome a number of times, then takes everything.
func failing(times int, e transport.SendError) *scripted {
	return answer(func(_ context.Context, call int, _ *transport.Batch) error {
		if call < times {
			copied := e
			return &copied
		}
		return nil
	})
}

// unit is one unit of a handout. Neighbours of one name share a series if they
// have one point each; a unit of more points is expanded into as many series.
type unit struct {
	name      string
	unix      int64
	rev       uint32
	overwrite bool
	points    int // 0 means 1
}

func adding(name string) unit      { return unit{name: name, unix: 10} }
func overwriting(name string) unit { return unit{name: name, unix: 10, overwrite: true} }

func keyOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// made counts what became of the handouts of one test.
type made struct {
	mu       sync.Mutex
	seq      uint64
	handouts []*handout
	recycled map[*handout]int
	rev      *revisions
}

func newMade() *made {
	return &made{recycled: make(map[*handout]int), rev: newRevisions()}
}

// batch makes a handout of the units and notes their revisions, like the
// flusher. The flusher's own reference is held until handed is called.
func (m *made) batch(units ...unit) *handout {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seq++
	h := &handout{revisions: m.rev}
	h.batch.ID = transport.BatchID{Process: 7, Seq: m.seq}
	for _, u := range units {
		series := NewSeries(0, transport.KindCount, keyOf(u.name), &Common{}, Text{Name: u.name, Tags: []string{"a:b"}})
		if u.points > 1 {
			of := &seriesFigures{list: make([]figure, u.points)}
			for i := range u.points {
				of.list[i].kind = transport.KindCount
				of.names = append(of.names, fmt.Sprintf("%s.%d", u.name, i))
			}
			h.addFigures(series, of, formFigures, slices.Repeat([]float64{1}, u.points)...)
		} else {
			h.addFlat(series, transport.KindCount, 1)
		}
		key := keyOf(u.name)
		h.close(unitKey{series: key, unix: u.unix, rev: u.rev, overwrite: u.overwrite})
		if u.rev > 0 {
			m.rev.note(key, u.unix, u.rev)
		}
	}
	h.bytes = 100 * len(units)
	h.refs.Store(1)
	h.recycle = func(h *handout) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.recycled[h]++
		// Whoever still reads it panics, or is found by the race detector.
		h.packed, h.units, h.ends = packed{}, nil, nil
	}
	m.handouts = append(m.handouts, h)
	return h
}

// hand enqueues a batch of the units and drops the flusher's reference.
func (m *made) hand(s *sender, units ...unit) {
	h := m.batch(units...)
	s.enqueue(h)
	h.release()
}

// many returns n additive units.
func many(n int) []unit {
	units := make([]unit, n)
	for i := range units {
		units[i] = adding(fmt.Sprintf("m%03d", i))
	}
	return units
}

// free checks that every handout was recycled exactly once. A wait may return
// just before the sender lets go of the last one: call synctest.Wait first.
func (m *made) free(t assert.TestingT) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, h := range m.handouts {
		assert.Equal(t, 1, m.recycled[h], "times handout %d was recycled", i)
	}
}

// heard collects what was reported.
type heard struct {
	mu   sync.Mutex
	errs []string
	log  strings.Builder
}

func (h *heard) onError(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errs = append(h.errs, err.Error())
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(b)
}

func (h *heard) errors() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.errs...)
}

func (h *heard) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

func (h *heard) env() senderEnv {
	return senderEnv{log: slog.New(slog.NewTextHandler(h, nil)), onError: h.onError}
}

// started returns a running sender for tr that the test need not stop itself.
func started(t *testing.T, tr transport.Transport, change ...func(*TransportConfig, *senderEnv)) (*sender, *heard) {
	t.Helper()
	h := &heard{}
	cfg, env := TransportConfig{Transport: tr, Name: "fake"}, h.env()
	for _, f := range change {
		f(&cfg, &env)
	}
	s := newSender(cfg, env)
	s.start()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.stop(ctx)
	})
	return s, h
}

func manual(_ *TransportConfig, e *senderEnv) { e.manual = true }

// balanced asserts the equation and returns the books.
func balanced(t assert.TestingT, s *sender) Books {
	b := s.books()
	assert.True(t, b.Balanced(), "books do not balance: %+v", b)
	return b
}

// busy reports whether the sender has a goroutine.
func busy(s *sender) bool {
	s.mu.Lock()
	defer s.unlock()
	return s.running
}
