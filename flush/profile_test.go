package flush_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// profiles gives the transports their profiles, in their order.
func profiles(ps ...flush.Profile) func(*flush.Config) {
	return func(c *flush.Config) {
		for i, p := range ps {
			c.Transports[i].Profile = p
		}
	}
}

func TestTheThreadStatsProfile(t *testing.T) {
	m, plain := memory.New(memory.Flat()), memory.New(memory.Flat())
	r := manual(t, profiles(flush.ProfileThreadStats, flush.ProfileDefault), m, plain)
	r.clock.set(begin.Add(time.Second))
	r.src.count(r.cat.add(transport.KindCount, "c"), 3)
	r.src.gauge(r.cat.add(transport.KindGauge, "g"), 7)
	r.src.member(r.cat.add(transport.KindSet, "s"), "a", "b")
	h := r.cat.add(transport.KindTiming, "h", "sorted", "tags")
	r.cat.Series(h).Text.Ordered = []string{"tags", "sorted"}
	r.src.observe(h, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	r.src.observe(r.cat.add(transport.KindDistribution, "d"), 4)
	r.flushAll()
	tags := "[tags sorted]@0="
	assert.Equal(t, []string{
		"c@0=0.3", "g@0=7", "s@0=2",
		"h.min" + tags + "1", "h.max" + tags + "10", "h.count" + tags + "1", "h.avg" + tags + "5.5",
		"h.75percentile" + tags + "7", "h.85percentile" + tags + "9", "h.95percentile" + tags + "9", "h.99percentile" + tags + "10",
	}, arrived(m)[:11])
	kinds := map[string]transport.Kind{}
	for _, s := range m.Series() {
		kinds[s.Name] = s.Kind
	}
	assert.Equal(t, transport.KindRate, kinds["c"])
	assert.Equal(t, transport.KindRate, kinds["h.count"])
	assert.Equal(t, transport.KindGauge, kinds["h.99percentile"])
	assert.Contains(t, arrived(plain), "c@0=3", "a transport with another profile gets its own")
	assert.Contains(t, arrived(plain), "h.median[sorted tags]@0=5")
}

func TestConfiguredFiguresReplaceThoseOfEitherProfile(t *testing.T) {
	m, plain := memory.New(memory.Flat()), memory.New(memory.Flat())
	own := &flush.Metric{Percentiles: []float64{0.5}, Unit: "byte", Description: "how long"}
	few := &flush.Metric{Aggregates: []flush.Aggregate{flush.AggregateCount}}
	r := manual(t, func(c *flush.Config) {
		profiles(flush.ProfileThreadStats, flush.ProfileDefault)(c)
		c.Aggregates = []flush.Aggregate{flush.AggregateMax, flush.AggregatePercentiles}
		c.Metrics = []*flush.Metric{own, few}
	}, m, plain)
	for name, metric := range map[string]*flush.Metric{"all": nil, "own": own, "few": few} {
		id := r.cat.add(transport.KindHistogram, name)
		r.cat.Series(id).Text.Metric = metric
		r.src.observe(id, 1, 2)
	}
	r.clock.set(begin.Add(time.Second))
	r.flushAll()
	assert.ElementsMatch(t, []string{
		"all.max@0=2", "all.75percentile@0=1", "all.85percentile@0=2", "all.95percentile@0=2", "all.99percentile@0=2",
		"own.max@0=2", "own.50percentile@0=1",
		"few.count@0=0.2",
	}, arrived(m))
	assert.ElementsMatch(t, []string{
		"all.max@0=2", "all.95percentile@0=2", "own.max@0=2", "own.50percentile@0=1", "few.count@0=2",
	}, arrived(plain))
	for _, s := range plain.Series() {
		if s.Name == "own.max" {
			assert.Equal(t, "byte", s.Unit)
			assert.Equal(t, "how long", s.Description)
		}
	}
}

func TestAMetricsPercentilesAreChecked(t *testing.T) {
	_, err := flush.New(flush.Config{Metrics: []*flush.Metric{{Percentiles: []float64{0.5, 0.5000001}}}})
	assert.ErrorContains(t, err, "50percentile")
}

// A late part in the ThreadStats profile: the whole as a rate where the backend
// overwrites, and a rate of the part where it adds up.
func TestLatePartsAsRates(t *testing.T) {
	keeping, adding := memory.New(overwrites()), memory.New()
	r := manual(t, profiles(flush.ProfileThreadStats, flush.ProfileThreadStats), keeping, adding)
	c := r.cat.add(transport.KindCount, "c")
	r.src.at(sec(0), shard.Timed{ID: c, N: 1})
	r.flushAt(10)
	r.src.at(sec(1), shard.Timed{ID: c, N: 5})
	r.flushAt(20)
	assert.Equal(t, []string{"c@0=0.1", "c@0=0.6 rev 1"}, arrived(keeping))
	assert.Equal(t, []string{"c@0=0.1", "c@0=0.5"}, arrived(adding))
}

// Weights come to the transport as they were submitted.
func TestWeights(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	h, d := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindDistribution, "d")
	rate := 0.3
	weight := 1 / rate
	for _, id := range []shard.ID{h, d} {
		r.src.at(sec(1), shard.Timed{ID: id, Value: 6, Weight: weight})
		r.src.at(sec(2), shard.Timed{ID: id, Value: 9})
	}
	r.flushAll()
	require.Len(t, m.Series(), 2)
	for _, s := range m.Series() {
		got := s.Points[0].Summary
		assert.Equal(t, []transport.Sample{{Value: 6, Weight: weight}, {Value: 9, Weight: 1}}, got.Samples, s.Name)
		assert.Equal(t, []float64{1 + weight, 9 + 6*weight}, []float64{got.Count, got.Sum}, s.Name)
	}
}

func TestRates(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	id, other := r.cat.add(transport.KindRate, "r"), r.cat.add(transport.KindRate, "other")
	seq := uint64(0)
	sample := func(id shard.ID, second, value float64) {
		seq++
		at := begin.Add(time.Duration(second * float64(time.Second)))
		r.clock.set(at)
		r.src.at(at.Unix(), shard.Timed{ID: id, N: at.UnixNano(), Value: value, Seq: seq})
	}
	sample(id, 1, 100)
	r.flushAll()
	assert.Empty(t, taken(m), "the first sample gives no rate")
	sample(id, 3, 120)
	sample(id, 2, 110) // another shard's log, drained at the same time
	sample(other, 2, 7)
	sample(id, 7, 130)
	r.flushAll()
	assert.Equal(t, []string{"r@0=2.5"}, taken(m), "of the last two")
	sample(id, 17, 140)
	sample(other, 12, 9)
	r.flushAll()
	assert.ElementsMatch(t, []string{"r@10=1", "other@10=0.2"}, taken(m), "the last sample is kept over flushes")

	sample(id, 16, 139)
	r.flushAll()
	assert.Empty(t, taken(m))
	assert.Equal(t, uint64(1), r.refusals()[transport.ReasonLateGauge], "older than one already used")
	sample(id, 18, 40)
	sample(id, 18, 50)
	r.flushAll()
	assert.Empty(t, taken(m))
	assert.Equal(t, uint64(2), r.refusals()[transport.ReasonBadValue], "it fell, and then no time passed")
	sample(id, 20, 60)
	r.flushAll()
	assert.Equal(t, []string{"r@20=10"}, taken(m), "after a fall it starts from there")
	sample(id, 20.5, -1e308)
	sample(id, 21, 1e308)
	r.flushAll()
	assert.Empty(t, taken(m))
	assert.Equal(t, uint64(4), r.refusals()[transport.ReasonBadValue], "a fall, and a rate that is no number")

	r.cat.put(id, transport.KindRate, "new")
	sample(id, 25, 5)
	r.flushAll()
	assert.Empty(t, taken(m), "another series under its id starts afresh")
	sample(id, 27, 6)
	r.flushAll()
	assert.Equal(t, []string{"new@20=0.5"}, taken(m))
}

// Two rates that are one on the wire are no value together: the later is left out.
func TestRatesThatAreOneOnTheWire(t *testing.T) {
	m := lowercase{memory.New(overwrites())}
	r := manual(t, nil, m)
	ids := []shard.ID{r.cat.add(transport.KindRate, "r"), r.cat.add(transport.KindRate, "R")}
	for i := range 2 {
		for j, id := range ids {
			at := begin.Add(time.Duration(i+1) * time.Second)
			r.src.at(at.Unix(), shard.Timed{ID: id, N: at.UnixNano(), Value: float64(i * (j + 1)), Seq: uint64(i)})
		}
	}
	r.clock.set(begin.Add(5 * time.Second))
	r.flushAll()
	assert.Equal(t, []string{"r@0=1"}, arrived(m.Transport))
	assert.Equal(t, uint64(1), r.book(0).Dropped[transport.ReasonCollision], fmt.Sprint(r.book(0)))
}

// In the ThreadStats profile buckets and series come in the order in which they
// came up, as in datadogpy; in the other one by time, and by kind.
func TestTheOrderOfSeries(t *testing.T) {
	m, plain := memory.New(memory.Flat()), memory.New(memory.Flat())
	r := manual(t, profiles(flush.ProfileThreadStats, flush.ProfileDefault), m, plain)
	c1, g, c2 := r.cat.add(transport.KindCount, "c1"), r.cat.add(transport.KindGauge, "g"), r.cat.add(transport.KindCount, "c2")
	r.clock.set(begin.Add(time.Minute))
	for _, at := range []int64{20, 0} {
		r.src.at(sec(at), shard.Timed{ID: c2, N: 10})
		r.src.at(sec(at), shard.Timed{ID: g, Value: 7, Seq: 1})
		r.src.at(sec(at), shard.Timed{ID: c1, N: 10})
		r.src.at(sec(at), shard.Timed{ID: c2, N: 10})
	}
	r.flushAll()
	assert.Equal(t, []string{"c2@20=2", "g@20=7", "c1@20=1", "c2@0=2", "g@0=7", "c1@0=1"}, arrived(m))
	assert.Equal(t, []string{"c1@0=10", "c2@0=20", "g@0=7", "c1@20=10", "c2@20=20", "g@20=7"}, arrived(plain))
}
