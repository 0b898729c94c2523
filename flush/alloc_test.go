//go:build !race

package flush_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
)

// still is a source that brings the same in each drain and allocates nothing.
type still struct {
	gen    shard.Generation
	counts []shard.ID
	hists  []shard.ID
	bank   shard.Observations
}

func (s *still) Swap() shard.Generation             { s.gen++; return s.gen }
func (s *still) DrainTimed(int64, shard.Visitor)    {}
func (s *still) DrainHeld(int64, shard.Visitor) int { return 0 }
func (s *still) Stop(now int64, v shard.Visitor)    { s.Drain(now, v) }
func (s *still) Drain(_ int64, v shard.Visitor) {
	for _, id := range s.counts {
		v.Count(id, 1, 0)
	}
	for _, id := range s.hists {
		v.Observations(id, s.gen, &s.bank)
	}
}

// row is a catalog by id.
type row []*flush.Series

func (r row) Series(id shard.ID) *flush.Series     { return r[id] }
func (row) Sweep(_ time.Time, _, _ uint64) []error { return nil }

func stillRig(t *testing.T, counts, hists int) *rig {
	src := &still{bank: bankOf(make([]float64, 100))}
	var series row
	add := func(kind transport.Kind, n int) (ids []shard.ID) {
		for len(series)%shard.RowSlots != 0 {
			series = append(series, nil)
		}
		for i := range n {
			id := shard.ID(len(series))
			series = append(series, flush.NewSeries(id, kind, uint64(id), &flush.Common{}, flush.Text{Name: fmt.Sprint(kind, i)}))
			ids = append(ids, id)
		}
		return ids
	}
	src.counts, src.hists = add(transport.KindCount, counts), add(transport.KindHistogram, hists)
	return manual(t, func(c *flush.Config) {
		c.Store, c.Catalog = src, series
		c.Aggregates = []flush.Aggregate{flush.AggregateMax, flush.AggregatePercentiles}
		c.Percentiles = []float64{0.95}
		c.Transports = []flush.TransportConfig{{Transport: discard.New()}}
	})
}

// A flush of series seen before allocates for itself, not for each series.
func TestAFlushAllocatesNextToNothing(t *testing.T) {
	perFlush := func(counts, hists int) float64 {
		r := stillRig(t, counts, hists)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		flushOnce := func() {
			r.clock.add(10 * time.Second)
			if err := r.FlushAt(ctx, r.clock.Now()); err != nil {
				t.Error(err)
			}
		}
		for range 8 { // buckets, batches and their memory go round
			flushOnce()
		}
		return testing.AllocsPerRun(20, flushOnce)
	}
	few, many := perFlush(10, 10), perFlush(2000, 500)
	t.Logf("%v allocations for 20 series, %v for 2,500", few, many)
	assert.Less(t, few, 100.0)
	assert.Less(t, (many-few)/2480, 0.05, "for each further series")
}

func TestAnIdleTickAllocatesNothing(t *testing.T) {
	r := stillRig(t, 0, 0)
	flush.Tick(r.Flusher)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		r.clock.add(10 * time.Second)
		flush.Tick(r.Flusher)
	}))
}
