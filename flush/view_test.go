package flush_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// sharing notes which batches its Sends got, by id.
type sharing struct {
	transport.Transport
	says  transport.Description
	keeps transport.Kind // the kind it overwrites

	mu  sync.Mutex
	ids []transport.BatchID
}

func (s *sharing) Describe() transport.Description { return s.says }

func (s *sharing) Temporality(k transport.Kind) transport.Temporality {
	if k == s.keeps {
		return transport.Overwrite
	}
	return transport.Additive
}

func (s *sharing) Send(_ context.Context, b *transport.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, b.ID)
	return nil
}

func (s *sharing) Close(context.Context) error { return nil }

func TestTransportsThatWantTheSameShareBatches(t *testing.T) {
	whole := transport.Description{Summaries: true}
	first := &sharing{says: whole}
	for _, c := range []struct {
		name   string
		other  *sharing
		only   func(string) bool
		shares bool
	}{
		{"the same", &sharing{says: whole}, nil, true},
		{"another name", &sharing{says: transport.Description{Name: "x", Summaries: true}}, nil, true},
		{"distributions are part of summaries", &sharing{says: transport.Description{Summaries: true, Distributions: true}}, nil, true},
		{"no summaries", &sharing{}, nil, false},
		{"distributions alone", &sharing{says: transport.Description{Distributions: true}}, nil, false},
		{"members", &sharing{says: transport.Description{Summaries: true, Members: true}}, nil, false},
		{"another temporality of one kind", &sharing{says: whole, keeps: transport.KindGauge}, nil, false},
		{"a filter", &sharing{says: whole}, func(string) bool { return true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			first.ids = nil
			r := manual(t, func(cfg *flush.Config) {
				cfg.Transports = []flush.TransportConfig{{Transport: first}, {Transport: c.other, Only: c.only}}
			})
			r.src.count(r.cat.add(transport.KindCount, "c"), 1)
			r.flushAll()
			require.Len(t, first.ids, 1)
			require.Len(t, c.other.ids, 1)
			assert.Equal(t, c.shares, first.ids[0] == c.other.ids[0])
		})
	}
}

func TestBatchesAreBoundedAndInOrder(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, func(c *flush.Config) {
		c.Aggregates = []flush.Aggregate{flush.AggregateMin, flush.AggregateMax, flush.AggregateSum, flush.AggregateAvg}
	}, m)
	const n = 1500
	for i := range n {
		r.src.observe(r.cat.add(transport.KindHistogram, fmt.Sprintf("h%04d", i)), 1)
		r.src.count(r.cat.add(transport.KindCount, fmt.Sprintf("c%04d", i)), 1)
	}
	r.flushAll()
	batches := m.Batches()
	assert.Equal(t, 4, len(batches), "7,500 points, at most 2,000 each")
	var seq uint64
	var counts, figures []string
	for _, b := range batches {
		assert.LessOrEqual(t, b.Points(), 2000)
		assert.Greater(t, b.ID.Seq, seq)
		seq = b.ID.Seq
		for i, s := range b.Series {
			if s.Kind == transport.KindCount {
				counts = append(counts, s.Name)
				continue
			}
			figures = append(figures, s.Name)
			if i == 0 {
				assert.Contains(t, s.Name, ".min", "an expanded histogram is in one batch")
			}
		}
	}
	assert.Len(t, counts, n)
	assert.IsIncreasing(t, counts, "ids are in the order of names here")
	require.Len(t, figures, 4*n)
	for i := range n {
		assert.Equal(t, fmt.Sprintf("h%04d.min", i), figures[4*i])
	}
}

func TestBatchesAreBoundedInBytes(t *testing.T) {
	m := memory.New()
	r := manual(t, func(c *flush.Config) { c.DistributionValues = 10_000 }, m)
	values := make([]float64, 10_000) // 160 kB of samples
	for i := range 20 {
		r.src.observe(r.cat.add(transport.KindDistribution, fmt.Sprint("d", i)), values...)
	}
	r.flushAll()
	for _, b := range m.Batches() {
		assert.LessOrEqual(t, len(b.Series), 7)
	}
	assert.Equal(t, 3, len(m.Batches()))
}

func TestFilters(t *testing.T) {
	m, a := memory.New(), memory.New()
	asked := map[string]int{}
	r := manual(t, func(c *flush.Config) {
		c.Transports = []flush.TransportConfig{{Transport: m}, {Transport: a, Only: func(name string) bool {
			asked[name]++
			if name == "panics" {
				panic("no")
			}
			return name == "a"
		}}}
	})
	ids := map[string]bool{"a": true, "b": true, "panics": true}
	for name := range ids {
		id := r.cat.add(transport.KindCount, name)
		for range 3 {
			r.src.count(id, 1)
			r.flushAll()
		}
	}
	assert.Equal(t, 3.0, a.Sum("a"))
	assert.Zero(t, a.Sum("b"))
	assert.Equal(t, 3.0, a.Sum("panics"), "in doubt a metric is sent")
	assert.Equal(t, 3.0, m.Sum("b"))
	assert.Equal(t, map[string]int{"a": 1, "b": 1, "panics": 1}, asked, "once for each series")
	assert.Contains(t, r.log.String(), "the filter of a transport panicked")
	assert.Equal(t, uint64(6), r.book(1).RolledUp)
}

// bad is a log handler that panics.
type bad struct{ slog.Handler }

func (bad) Enabled(context.Context, slog.Level) bool  { return true }
func (bad) Handle(context.Context, slog.Record) error { panic("no log either") }

func TestALogThatPanics(t *testing.T) {
	m := memory.New()
	r := manual(t, func(c *flush.Config) {
		c.Log = slog.New(bad{})
		c.Transports = []flush.TransportConfig{{Transport: m, Only: func(string) bool { panic("no") }}}
	})
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	r.flushAll()
	assert.Len(t, arrived(m), 1)
}

// An id that is given to another series brings none of the old one's names.
func TestReusedIds(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, func(c *flush.Config) {
		c.Aggregates = []flush.Aggregate{flush.AggregateMax}
		c.Transports = []flush.TransportConfig{{Transport: m, Only: func(name string) bool { return name != "old" }}}
	})
	id := r.cat.add(transport.KindHistogram, "h", "a:b")
	count := r.cat.add(transport.KindCount, "old")
	r.src.observe(id, 1)
	r.src.count(count, 1)
	r.flushAt(0)
	r.clock.set(begin.Add(time.Minute))
	r.flushAt(60)
	r.cat.put(id, transport.KindHistogram, "other")
	r.cat.put(count, transport.KindCount, "new")
	r.src.observe(id, 2)
	r.src.count(count, 2)
	r.flushAll()
	assert.Equal(t, []string{"h.max[a:b]@-10=1", "new@50=2", "other.max@50=2"}, arrived(m))
}

func TestTwoPercentilesOfOneName(t *testing.T) {
	_, err := flush.New(flush.Config{Percentiles: []float64{0.95, 0.9500000001}})
	assert.EqualError(t, err, `flush: the percentiles 0.95 and 0.9500000001 are both named "95percentile": leave one out`)
}
