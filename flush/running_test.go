package flush_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// totals makes a memory transport one of a backend that wants running totals.
func totals() memory.Option {
	return memory.WithTemporality(func(transport.Kind) transport.Temporality { return transport.Cumulative })
}

func TestRunningTotals(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, nil, m)
	count, gauge := r.cat.add(transport.KindCount, "count"), r.cat.add(transport.KindGauge, "gauge")
	set, hist := r.cat.add(transport.KindSet, "set"), r.cat.add(transport.KindHistogram, "hist")
	dist := r.cat.add(transport.KindDistribution, "dist")
	submit := func() {
		r.src.count(count, 3)
		r.src.gauge(gauge, 7)
		r.src.member(set, "a", "b")
		r.src.observe(hist, 1, 2)
		r.src.observe(dist, 5)
	}
	at := func(s int64) { r.clock.set(begin.Add(time.Duration(s) * time.Second)) }

	at(4)
	submit()
	r.flushAll()
	assert.Equal(t, []string{"count@0=3", "gauge@0=7", "set@0=[a b]", "hist@0=3/2", "dist@0=5/1"}, taken(m))

	at(8)
	r.src.count(count, 4)
	r.src.gauge(gauge, 8)
	r.src.member(set, "c")
	r.src.observe(hist, 10)
	r.flushAll()
	assert.Equal(t, []string{"gauge@1=8", "set@1=[a b c]", "count@1=7", "hist@1=13/3"}, taken(m),
		"the rest of a bucket comes one second later: a time is sent once")

	at(15)
	submit()
	r.flushAll()
	assert.Equal(t, []string{"count@10=10", "gauge@10=7", "set@10=[a b]", "hist@10=16/5", "dist@10=10/2"}, taken(m))

	r.src.at(sec(3), shard.Timed{ID: count, N: 5})
	r.src.at(sec(3), shard.Timed{ID: gauge, Value: 5, Seq: 1})
	r.src.at(sec(3), shard.Timed{ID: dist, Value: 6})
	r.src.at(sec(3), shard.Timed{ID: set, Member: "z"})
	r.flushAll()
	assert.Equal(t, []string{"count@11=15", "dist@11=16/3"}, taken(m), "a late point joins the total when it comes")
	book := r.book(0)
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonLateGauge: 1}, book.Dropped, "but an old gauge does not stand any more")
	assert.Equal(t, uint64(2+2), book.LateShifted)

	at(30)
	r.src.at(sec(3), shard.Timed{ID: count, N: 1})
	r.src.at(sec(21), shard.Timed{ID: count, N: 1})
	r.flushAll()
	assert.Equal(t, []string{"count@20=17"}, taken(m), "a newer bucket takes the late part along")
	book = r.book(0)
	assert.Equal(t, uint64(5), book.LateShifted)
	assert.Equal(t, uint64(1), book.DroppedTotal())
}

func TestATotalOutlivesItsSeries(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, nil, m)
	id := r.cat.add(transport.KindCount, "c")
	r.src.count(id, 3)
	r.flushAll()
	r.clock.set(begin.Add(time.Hour))
	r.flushAll() // gives the bucket up
	r.cat.put(id, transport.KindCount, "another")
	r.src.count(id, 1)
	r.flushAll()
	r.clock.set(begin.Add(2 * time.Hour))
	r.flushAll()
	r.cat.put(id+1, transport.KindCount, "c")
	r.src.count(id+1, 4)
	r.flushAll()
	assert.Equal(t, []string{"c@-10=3", "another@3590=1", "c@7190=7"}, arrived(m))
}

func TestTheSketchOfADistributionGrows(t *testing.T) {
	m := memory.New(totals(), memory.WithSketches())
	r := manual(t, nil, m)
	id := r.cat.add(transport.KindDistribution, "d")
	for i := range 3 {
		r.clock.set(begin.Add(time.Duration(10*i+5) * time.Second))
		r.src.observe(id, 1.001, 1.002, 100)
		r.flushAll()
	}
	all := m.Series()
	last := all[len(all)-1].Points[0].Summary
	require.Len(t, last.Samples, 2)
	assert.Equal(t, 6.0, last.Samples[0].Weight)
	assert.InEpsilon(t, 1, last.Samples[0].Value, 1.0/128)
	assert.Equal(t, 3.0, last.Samples[1].Weight)
	assert.Equal(t, 9.0, last.Count)
	assert.Equal(t, 100.0, last.Max, "of the bucket")
}

func TestWithoutSummariesTheCountIsTheTotal(t *testing.T) {
	m := memory.New(totals(), memory.Flat())
	r := manual(t, func(c *flush.Config) { c.Aggregates = []flush.Aggregate{flush.AggregateMax, flush.AggregateCount} }, m)
	id := r.cat.add(transport.KindHistogram, "h")
	r.clock.set(begin.Add(5 * time.Second))
	r.src.observe(id, 1, 2)
	r.flushAll()
	r.src.observe(id, 3)
	r.flushAll()
	r.clock.set(begin.Add(15 * time.Second))
	r.src.observe(id, 1)
	r.flushAll()
	assert.Equal(t, []string{"h.max@0=2", "h.count@0=2", "h.count@1=3", "h.max@10=1", "h.count@10=4"}, arrived(m))
}

func TestCountsPerSecondAreNoTotals(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.Transports[0].Profile = flush.ProfileThreadStats }, m)
	id := r.cat.add(transport.KindCount, "c")
	for i := range 2 {
		r.clock.set(begin.Add(time.Duration(10*i+5) * time.Second))
		r.src.count(id, 20)
		r.flushAll()
	}
	assert.Equal(t, []string{"c@0=2", "c@10=2"}, arrived(m))
}

func TestAGaugeOnAWireWithoutTimes(t *testing.T) {
	m, flat := memory.New(memory.Untimed()), memory.New(memory.Untimed(), memory.Flat())
	r := manual(t, func(c *flush.Config) { c.Aggregates = []flush.Aggregate{flush.AggregateMax} }, m, flat)
	gauge, count := r.cat.add(transport.KindGauge, "g"), r.cat.add(transport.KindCount, "c")
	hist := r.cat.add(transport.KindHistogram, "h")
	r.clock.set(begin.Add(25 * time.Second))
	late := func(s int64, v float64) {
		r.src.at(sec(s), shard.Timed{ID: gauge, Value: v, Seq: uint64(100 + s)})
		r.src.at(sec(s), shard.Timed{ID: count, N: 1})
		r.src.at(sec(s), shard.Timed{ID: hist, Value: v})
		r.flushAll()
	}
	late(11, 1)
	late(12, 2)
	late(3, 3)
	late(21, 4)
	assert.Equal(t, []string{"c@10=1", "g@10=1", "h@10=1/1", "c@10=1", "g@10=2", "h@10=2/1", "c@0=1", "h@0=3/1", "c@20=1", "g@20=4", "h@20=4/1"}, arrived(m))
	assert.Equal(t, []string{"c@10=1", "g@10=1", "h.max@10=1", "c@10=1", "g@10=2", "h.max@10=2", "c@0=1", "c@20=1", "g@20=4", "h.max@20=4"}, arrived(flat))
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonLateGauge: 1}, r.book(0).Dropped)
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonLateGauge: 2}, r.book(1).Dropped, "the figures of a histogram are gauges, too")
}

// At the bound the totals of series that are gone start again, and no other.
func TestTotalsAreBounded(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.RunningSeries = 4 }, m)
	var ids []shard.ID
	for i := range 5 {
		ids = append(ids, r.cat.add(transport.KindCount, fmt.Sprint("c", i)))
	}
	for i, series := range [][]int{{0, 1, 2, 3}, {2, 3}, {4}, {2, 0}} {
		r.clock.set(begin.Add(time.Duration(10*i+5) * time.Second))
		for _, n := range series {
			r.src.count(ids[n], 1)
		}
		r.flushAll()
	}
	assert.Equal(t, []string{"c0@0=1", "c1@0=1", "c2@0=1", "c3@0=1", "c2@10=2", "c3@10=2", "c4@20=1", "c0@30=1", "c2@30=3"}, arrived(m))
}

// Whatever is submitted, late or not, and flushed however: the last total is the sum
// of all, and the times of a series only grow.
func TestTheLastTotalIsTheSum(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := memory.New(totals())
		r := manual(t, func(c *flush.Config) {
			c.MaxBuckets = rapid.IntRange(1, 6).Draw(rt, "buckets")
			c.LateWindow = time.Duration(rapid.SampledFrom([]int{0, 10, 30}).Draw(rt, "window")) * time.Second
		}, m)
		ids := []shard.ID{r.cat.add(transport.KindCount, "a"), r.cat.add(transport.KindCount, "b")}
		want := map[string]float64{}
		now := int64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			id := rapid.SampledFrom(ids).Draw(rt, "series")
			n := rapid.Int64Range(-5, 100).Draw(rt, "n")
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				r.src.count(id, n)
				want[r.cat.Series(id).Name()] += float64(n)
			case 1:
				r.src.at(sec(now-rapid.Int64Range(0, 300).Draw(rt, "age")), shard.Timed{ID: id, N: n})
				want[r.cat.Series(id).Name()] += float64(n)
			case 2:
				now += rapid.Int64Range(1, 45).Draw(rt, "seconds")
				r.clock.set(begin.Add(time.Duration(now) * time.Second))
			default:
				r.flushAt(now + rapid.Int64Range(-20, 20).Draw(rt, "cut"))
			}
		}
		r.flushAll()
		got, last := map[string]float64{}, map[string]int64{}
		for _, s := range m.Series() {
			p := &s.Points[0]
			if before, known := last[s.Name]; known {
				assert.Greater(rt, p.Unix, before, "%s", s.Name)
			}
			got[s.Name], last[s.Name] = p.Value, p.Unix
		}
		assert.Equal(rt, want, got)
		book := r.Books()[0]
		assert.True(rt, book.Balanced())
		assert.Zero(rt, book.DroppedTotal())
	})
}
