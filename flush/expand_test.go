package flush_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// all asks for every figure.
func all(c *flush.Config) {
	c.Aggregates = []flush.Aggregate{
		flush.AggregateMin, flush.AggregateMax, flush.AggregateSum, flush.AggregateAvg, flush.AggregateCount,
		flush.AggregateMedian, flush.AggregatePercentiles,
	}
	c.Percentiles = []float64{0.95, 0.999}
}

func TestExpandedHistograms(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, all, m)
	h := r.cat.add(transport.KindHistogram, "h", "a:b")
	values := make([]float64, 100)
	for i := range values {
		values[i] = float64(i + 1)
	}
	r.clock.set(begin.Add(time.Second))
	r.src.observe(h, values...)
	r.flushAll()
	assert.Equal(t, []string{
		"h.min[a:b]@0=1", "h.max[a:b]@0=100", "h.sum[a:b]@0=5050", "h.avg[a:b]@0=50.5", "h.count[a:b]@0=100",
		"h.median[a:b]@0=50", "h.95percentile[a:b]@0=95", "h.99_9percentile[a:b]@0=100",
	}, arrived(m), "in the order asked for")
	for _, s := range m.Series() {
		want := transport.KindGauge
		if s.Name == "h.count" {
			want = transport.KindCount
		}
		assert.Equal(t, want, s.Kind, s.Name)
		assert.Equal(t, 10*time.Second, s.Interval)
		assert.Nil(t, s.Points[0].Summary)
	}
	assert.Equal(t, uint64(1), r.book(0).Delivered, "it is one point in the books")
}

func TestTheOrderOfFiguresIsTheConfigurations(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, func(c *flush.Config) {
		c.Aggregates = []flush.Aggregate{flush.AggregatePercentiles, flush.AggregateCount, flush.AggregateMin}
		c.Percentiles = []float64{0.5, 0.25}
	}, m)
	r.src.observe(r.cat.add(transport.KindDistribution, "d"), 4, 1, 2, 3)
	r.flushAll()
	assert.Equal(t, []string{"d.50percentile@-10=2", "d.25percentile@-10=1", "d.count@-10=4", "d.min@-10=1"}, arrived(m),
		"distributions too, where they are not wanted whole")
}

func TestFlatKinds(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, all, m)
	r.clock.set(begin.Add(time.Second))
	c, g, s := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindGauge, "g"), r.cat.add(transport.KindSet, "s")
	r.src.countBoth(c, 1<<53, 0.5)
	r.src.gauge(g, math.SmallestNonzeroFloat64)
	r.src.member(s, "x", "y", "x")
	r.src.count(r.cat.add(transport.KindCount, "zero"), 0)
	r.flushAll()
	assert.Equal(t, []string{"c@0=9.007199254740992e+15", "zero@0=0", "g@0=5e-324", "s@0=2"}, arrived(m))
	for i, want := range []transport.Kind{transport.KindCount, transport.KindCount, transport.KindGauge, transport.KindSet} {
		assert.Equal(t, want, m.Series()[i].Kind)
		assert.Empty(t, m.Series()[i].Unit)
	}
}

func TestTimingsAreMilliseconds(t *testing.T) {
	flat, whole := memory.New(memory.Flat()), memory.New()
	r := manual(t, all, flat, whole)
	r.src.observe(r.cat.add(transport.KindTiming, "t"), 12.5)
	r.flushAll()
	for _, s := range append(flat.Series(), whole.Series()...) {
		want := "millisecond"
		if s.Name == "t.count" {
			want = ""
		}
		assert.Equal(t, want, s.Unit, s.Name)
	}
	assert.Equal(t, transport.KindTiming, whole.Series()[0].Kind)
}

func TestSummaries(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	r.src.observe(r.cat.add(transport.KindHistogram, "h"), 3, 1, 2)
	r.src.observe(r.cat.add(transport.KindDistribution, "d"), 5, 4)
	r.src.member(r.cat.add(transport.KindSet, "s"), "b", "a")
	r.flushAll()
	series := m.Series()
	require.Len(t, series, 3)
	assert.Equal(t, []string{"a", "b"}, series[0].Points[0].Members)
	assert.Equal(t, 2.0, series[0].Points[0].Value)
	assert.Equal(t, &transport.Summary{
		Count: 3, Sum: 6, Min: 1, Max: 3,
		Samples: []transport.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 1}, {Value: 3, Weight: 1}},
	}, series[1].Points[0].Summary)
	assert.Equal(t, &transport.Summary{
		Count: 2, Sum: 9, Min: 4, Max: 5,
		Samples: []transport.Sample{{Value: 4, Weight: 1}, {Value: 5, Weight: 1}},
	}, series[2].Points[0].Summary)
}

// described is a memory transport that says something else about itself.
type described struct {
	*memory.Transport
	says transport.Description
}

func (d described) Describe() transport.Description { return d.says }

func TestDistributionsAlone(t *testing.T) {
	m := memory.New()
	r := manual(t, func(c *flush.Config) { c.Aggregates = []flush.Aggregate{flush.AggregateMax} },
		described{m, transport.Description{Distributions: true}})
	r.src.observe(r.cat.add(transport.KindHistogram, "h"), 3, 1)
	r.src.observe(r.cat.add(transport.KindDistribution, "d"), 5, 4)
	r.flushAll()
	assert.Equal(t, []string{"h.max@-10=3", "d@-10=9/2"}, arrived(m))
}

// An observation that came without a sample counts, and stands at the edges.
func TestFiguresWithoutSamples(t *testing.T) {
	m := memory.New(memory.Flat())
	r := manual(t, all, m)
	h := r.cat.add(transport.KindHistogram, "h")
	r.src.submit(func(v shard.Visitor) {
		v.Observations(h, 1, &shard.Observations{Count: 4, Sum: 20, Min: 2, Max: 9})
	})
	r.flushAll()
	assert.Equal(t, []string{
		"h.min@-10=2", "h.max@-10=9", "h.sum@-10=20", "h.avg@-10=5", "h.count@-10=4",
		"h.median@-10=2", "h.95percentile@-10=9", "h.99_9percentile@-10=9",
	}, arrived(m))
}

func TestASumThatIsNotFiniteIsDroppedAlone(t *testing.T) {
	flat, whole := memory.New(memory.Flat()), memory.New()
	r := manual(t, all, flat, whole)
	big, small := r.cat.add(transport.KindCount, "big"), r.cat.add(transport.KindCount, "small")
	h, d := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindDistribution, "d")
	for range 2 {
		r.src.countBoth(big, 0, math.MaxFloat64)
		r.src.observe(h, math.MaxFloat64)
		r.src.observe(d, math.MaxFloat64)
	}
	r.src.count(small, 1)
	r.flushAll()
	for i, m := range []*memory.Transport{flat, whole} {
		assert.Equal(t, []string{"small@-10=1"}, arrived(m))
		b := r.book(i)
		assert.Equal(t, map[transport.Reason]uint64{transport.ReasonOverflowSum: 3}, b.Dropped)
		assert.Equal(t, uint64(4), b.RolledUp)
	}
}

func TestBoundsOfABucket(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, func(c *flush.Config) { c.ReservoirSize, c.DistributionValues, c.SetMembers = 3, 4, 2 }, m)
	h, d, s := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindDistribution, "d"), r.cat.add(transport.KindSet, "s")
	for range 2 {
		r.src.observe(h, 1, 2, 3, 4, 5, 6)
		r.src.observe(d, 1, 2, 3, 4, 5)
		r.src.member(s, "a", "b", "c")
		r.src.at(sec(-5), shard.Timed{ID: d, Value: 9})
		r.src.at(sec(-5), shard.Timed{ID: s, Member: "d"})
		r.flushAll()
		for _, series := range m.Series() {
			p := series.Points[0]
			if p.Summary != nil {
				assert.LessOrEqual(t, len(p.Summary.Samples), 4)
			}
			assert.LessOrEqual(t, len(p.Members), 2)
		}
	}
	p, _ := m.Last("h")
	assert.Equal(t, []float64{12, 42, 1, 6}, []float64{p.Summary.Count, p.Summary.Sum, p.Summary.Min, p.Summary.Max})
	p, _ = m.Last("d")
	assert.Equal(t, 8.0, p.Summary.Count)
	assert.Equal(t, map[transport.Reason]uint64{
		transport.ReasonDistributionFull: 4, transport.ReasonSetFull: 4,
	}, r.refusals())
}
