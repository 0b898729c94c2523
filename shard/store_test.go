package shard_test

import (
	"math"
	"sync"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// totals is a Visitor that adds everything up.
type totals struct {
	n       map[shard.ID]int64
	f       map[shard.ID]float64
	counts  map[shard.ID]uint64
	sums    map[shard.ID]float64
	samples map[shard.ID][]float64
	gauges  map[shard.ID]float64
	visits  map[shard.ID]int
	members map[shard.ID]map[string]int
	timed   []shard.Timed
	mins    map[shard.ID]float64
	maxs    map[shard.ID]float64
}

func newTotals() *totals {
	return &totals{
		n: map[shard.ID]int64{}, f: map[shard.ID]float64{}, counts: map[shard.ID]uint64{},
		sums: map[shard.ID]float64{}, samples: map[shard.ID][]float64{}, gauges: map[shard.ID]float64{},
		visits: map[shard.ID]int{}, members: map[shard.ID]map[string]int{},
		mins: map[shard.ID]float64{}, maxs: map[shard.ID]float64{},
	}
}

func (t *totals) Count(id shard.ID, n int64, f float64) {
	t.visits[id]++
	t.n[id] += n
	t.f[id] += f
}

func (t *totals) Gauge(id shard.ID, v float64) { t.visits[id]++; t.gauges[id] = v }

func (t *totals) Observations(id shard.ID, _ shard.Generation, o *shard.Observations) {
	if t.counts[id] == 0 {
		t.mins[id], t.maxs[id] = math.Inf(1), math.Inf(-1)
	}
	t.visits[id]++
	t.counts[id] += o.Count
	t.sums[id] += o.Sum
	t.mins[id] = min(t.mins[id], o.Min)
	t.maxs[id] = max(t.maxs[id], o.Max)
	t.samples[id] = append(t.samples[id], o.Samples...)
}

func (t *totals) Member(id shard.ID, m string) {
	t.visits[id]++
	if t.members[id] == nil {
		t.members[id] = map[string]int{}
	}
	t.members[id][m]++
}

func (t *totals) Timed(r *shard.Timed) {
	t.visits[r.ID]++
	if r.Untimed { // an observation that found its place occupied
		t.counts[r.ID]++
		t.sums[r.ID] += r.Value
		return
	}
	t.timed = append(t.timed, *r)
}

func testConfig() shard.Config {
	return shard.Config{Shards: 4, ReservoirSize: 1000, DistributionValues: 100_000, SetMembers: 10_000, TimedBytes: 16 << 20, Seed: 1}
}

func alloc(t testing.TB, s *shard.Store, class shard.Class) shard.Ref {
	t.Helper()
	ref, ok := s.Alloc(class)
	require.True(t, ok)
	return ref
}

func drain(s *shard.Store, v shard.Visitor) {
	s.Swap()
	s.Drain(100, v)
	for s.DrainHeld(100, v) > 0 {
	}
}

func TestEveryClassArrivesOnce(t *testing.T) {
	s := shard.New(testConfig())
	c, g := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassGauge)
	h, d := alloc(t, s, shard.ClassHistogram), alloc(t, s, shard.ClassDistribution)
	m := alloc(t, s, shard.ClassSet)
	c.Add(2)
	c.Add(1 << 40)
	c.AddFloat(0.5)
	g.Set(3)
	g.GaugeAdd(-1)
	for i := range 5000 {
		h.Observe(float64(i))
		d.ObserveRaw(float64(i))
	}
	m.AddMember("a")
	m.AddMember("b")
	m.AddMember("a")
	c.Timed(shard.Timed{UnixSec: -5, N: 7})

	got := newTotals()
	drain(s, got)
	assert.Equal(t, int64(2+1<<40), got.n[c.ID()])
	assert.Equal(t, 0.5, got.f[c.ID()])
	assert.Equal(t, 2.0, got.gauges[g.ID()])
	assert.Equal(t, uint64(5000), got.counts[h.ID()])
	assert.Equal(t, 4999.0*5000/2, got.sums[h.ID()])
	assert.Equal(t, 0.0, got.mins[h.ID()])
	assert.Equal(t, 4999.0, got.maxs[h.ID()])
	assert.LessOrEqual(t, len(got.samples[h.ID()]), 4000)
	assert.GreaterOrEqual(t, len(got.samples[h.ID()]), 32)
	assert.Equal(t, uint64(5000), got.counts[d.ID()])
	assert.Equal(t, map[string]int{"a": 1, "b": 1}, got.members[m.ID()])
	require.Len(t, got.timed, 1)
	assert.Equal(t, int64(-5), got.timed[0].UnixSec)

	again := newTotals()
	drain(s, again)
	assert.Empty(t, again.visits, "nothing was submitted since")
}

func TestConservationConcurrentSafe(t *testing.T) {
	s := shard.New(testConfig())
	c, h, d := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassHistogram), alloc(t, s, shard.ClassDistribution)
	const workers, each = 8, 20_000
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range each {
				c.Add(1)
				h.Observe(1)
				if i%10 == 0 {
					d.ObserveRaw(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	got := newTotals()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		s.Swap()
		s.Drain(1, got)
	}
	drain(s, got)
	assert.Equal(t, int64(workers*each), got.n[c.ID()])
	assert.Equal(t, uint64(workers*each), got.counts[h.ID()])
	assert.Equal(t, float64(workers*each), got.sums[h.ID()])
	assert.Equal(t, uint64(workers*each/10), got.counts[d.ID()])
	assert.Zero(t, s.Lost().TimedFull+s.Lost().DistributionFull+s.Lost().AfterStop)
	t.Logf("%+v", s.Lost())
}
