package flush_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

func TestTheSeedsExample(t *testing.T) {
	m := memory.New()
	r := manual(t, func(c *flush.Config) { c.Rollup = 5 * time.Second }, m)
	c := r.cat.add(transport.KindCount, "c")
	r.clock.set(begin.Add(10 * time.Second))
	half := int64(-30*60 + 15) // 09:30:15
	for _, p := range []struct{ at, n int64 }{{half, 1}, {0, 2}, {4, 1}, {5, 1}, {9, 1}} {
		r.src.at(sec(p.at), shard.Timed{ID: c, N: p.n})
	}
	r.flushAt(10)
	assert.Equal(t, []string{"c@-1785=1", "c@0=3", "c@5=2"}, arrived(m))
}

// What a late part of each kind becomes, where the backend adds up and where it
// keeps the last value.
func TestLateParts(t *testing.T) {
	adding, keeping := memory.New(), memory.New(overwrites())
	r := manual(t, nil, adding, keeping)
	count, gauge := r.cat.add(transport.KindCount, "count"), r.cat.add(transport.KindGauge, "gauge")
	set, hist := r.cat.add(transport.KindSet, "set"), r.cat.add(transport.KindHistogram, "hist")
	dist := r.cat.add(transport.KindDistribution, "dist")

	r.clock.set(begin.Add(4 * time.Second))
	r.src.count(count, 3)
	r.src.gauge(gauge, 7)
	r.src.member(set, "a", "b")
	r.src.observe(hist, 1, 2)
	r.src.observe(dist, 5)
	r.flushAll()
	first := []string{"count@0=3", "gauge@0=7", "set@0=[a b]", "hist@0=3/2", "dist@0=5/1"}
	assert.Equal(t, first, taken(adding))
	assert.Equal(t, first, taken(keeping))

	r.clock.set(begin.Add(8 * time.Second))
	r.src.count(count, 4)
	r.src.gauge(gauge, 8)
	r.src.member(set, "b", "c")
	r.src.observe(hist, 10)
	r.src.observe(dist, 6)
	r.flushAll()
	assert.Equal(t, []string{"count@0=4", "gauge@0=8", "set@0=[c]", "hist@0=10/1", "dist@0=6/1"}, taken(adding),
		"only what is new")
	assert.Equal(t, []string{"count@0=7 rev 1", "gauge@0=8 rev 1", "set@0=[a b c] rev 1", "hist@0=13/3 rev 1", "dist@0=11/2 rev 1"},
		taken(keeping), "the merged whole")

	r.src.count(count, -1)
	r.flushAll()
	assert.Equal(t, []string{"count@0=-1"}, taken(adding))
	assert.Equal(t, []string{"count@0=6 rev 2"}, taken(keeping), "of the series that were touched alone")

	r.flushAll()
	assert.Empty(t, taken(adding), "nothing is new")
	assert.Empty(t, taken(keeping))
	for i := range 2 {
		assert.Equal(t, uint64(11), r.book(i).Delivered)
	}
}

func TestALatePartThatSaysNothingNew(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	gauge, set := r.cat.add(transport.KindGauge, "gauge"), r.cat.add(transport.KindSet, "set")
	r.clock.set(begin.Add(9 * time.Second))
	r.src.at(sec(1), shard.Timed{ID: gauge, Value: 1, Seq: 5})
	r.src.member(set, "a")
	r.flushAll()
	assert.Equal(t, []string{"gauge@0=1", "set@0=[a]"}, taken(m))

	r.src.at(sec(2), shard.Timed{ID: gauge, Value: 2, Seq: 4})
	r.src.member(set, "a")
	r.flushAll()
	assert.Empty(t, taken(m), "a later write was sent, and the member too")

	r.src.at(sec(2), shard.Timed{ID: gauge, Value: 3, Seq: 6})
	r.flushAll()
	assert.Equal(t, []string{"gauge@0=3"}, taken(m))
	r.src.gauge(gauge, 4)
	r.flushAll()
	r.src.at(sec(2), shard.Timed{ID: gauge, Value: 5, Seq: 7})
	r.flushAll()
	assert.Equal(t, []string{"gauge@0=4"}, taken(m), "a write without a timestamp stands")
}

func TestHowLongABucketIsKept(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	late := func(s, n int64) {
		r.clock.set(begin.Add(time.Duration(s) * time.Second))
		r.src.at(sec(0), shard.Timed{ID: c, N: n})
		r.flushAt(s)
	}
	late(10, 1)
	late(29, 2)
	r.clock.set(begin.Add(47 * time.Second))
	r.flushAt(47) // gives nothing up: 18 s after the last hand-out
	late(48, 4)
	assert.Equal(t, []string{"c@0=1", "c@0=3 rev 1", "c@0=7 rev 2"}, taken(m))

	r.clock.set(begin.Add(68 * time.Second))
	r.flushAt(68) // gives the bucket up
	late(68, 8)
	assert.Empty(t, taken(m), "20 s after it, nobody has the whole any more")
	late(69, 16)
	assert.Empty(t, taken(m), "and the part that was dropped is no whole either")
	assert.Equal(t, uint64(2), r.book(0).Dropped[transport.ReasonLateUnmerged])

	r.src.at(sec(1), shard.Timed{ID: r.cat.add(transport.KindCount, "other"), N: 1})
	r.flushAt(70)
	r.src.at(sec(1), shard.Timed{ID: r.cat.add(transport.KindCount, "third"), N: 1})
	r.flushAt(70)
	assert.Equal(t, []string{"other@0=1", "third@0=1"}, taken(m), "series that were not sent in it are")
}

func TestALatePartOfABucketGivenUpIsSentWhereItIsAdded(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	for s := int64(10); s < 3000; s += 990 {
		r.clock.set(begin.Add(time.Duration(s) * time.Second))
		r.src.at(sec(3), shard.Timed{ID: c, N: s})
		r.flushAt(s)
	}
	assert.Equal(t, []string{"c@0=10", "c@0=1000", "c@0=1990", "c@0=2980"}, arrived(m))
}

// A point that was accepted when it came must be judged by what was sent even if
// its bucket reaches the accepted age before the hand-out.
func TestTheMemoryOutlivesWhatIsStillToBeHandedOut(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, func(c *flush.Config) { c.MaxPast = time.Minute }, m)
	c := r.cat.add(transport.KindCount, "c")
	r.src.at(sec(-10), shard.Timed{ID: c, N: 1})
	r.flushAt(0)
	r.clock.set(begin.Add(40 * time.Second))
	r.flushAt(0) // gives the bucket up

	r.clock.set(begin.Add(50 * time.Second))
	r.src.at(sec(-9), shard.Timed{ID: c, N: 2})
	r.flushAt(-100) // folds, and hands nothing out
	r.clock.set(begin.Add(120 * time.Second))
	r.flushAll()
	assert.Equal(t, []string{"c@-10=1"}, arrived(m))
	assert.Equal(t, uint64(1), r.book(0).Dropped[transport.ReasonLateUnmerged])
}

func TestTheMemoryIsBounded(t *testing.T) {
	m := memory.New(overwrites())
	r := manual(t, nil, m)
	flush.LimitMemory(r.Flusher, 3)
	a, b := r.cat.add(transport.KindCount, "a"), r.cat.add(transport.KindCount, "b")
	for s := int64(0); s <= 30; s += 10 {
		r.src.at(sec(s), shard.Timed{ID: a, N: 1})
	}
	r.clock.set(begin.Add(40 * time.Second))
	r.flushAt(40)
	r.clock.set(begin.Add(100 * time.Second))
	r.flushAt(100) // gives four buckets up, and forgets the first
	m.Reset()

	for s := int64(-10); s <= 40; s += 10 {
		r.src.at(sec(s), shard.Timed{ID: b, N: 1})
	}
	r.flushAt(100)
	assert.Equal(t, []string{"b@-10=1", "b@10=1", "b@20=1", "b@30=1", "b@40=1"}, arrived(m),
		"of a bucket whose series are forgotten nothing is known: what comes is dropped")
	assert.Equal(t, uint64(1), r.book(0).Dropped[transport.ReasonLateUnmerged])
}

func TestTheAgeOfTimestamps(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	r.clock.set(begin.Add(5 * time.Second))
	for _, s := range []int64{5 - 3601, 5 - 3600, 5 + 600, 5 + 601} {
		r.src.at(sec(s), shard.Timed{ID: c, N: 1})
	}
	r.src.at(-1<<63, shard.Timed{ID: c, N: 1})
	r.src.at(1<<63-1, shard.Timed{ID: c, N: 1})
	r.flushAll()
	assert.Equal(t, []string{"c@-3600=1", "c@600=1"}, arrived(m))
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonTooOld: 2, transport.ReasonTooNew: 2}, r.refusals())
}

func TestAnyAge(t *testing.T) {
	m := memory.New()
	r := manual(t, func(c *flush.Config) { c.MaxPast, c.MaxAhead = 0, 0 }, m)
	c := r.cat.add(transport.KindCount, "c")
	r.src.at(-1<<63, shard.Timed{ID: c, N: 1})
	r.src.at(-3, shard.Timed{ID: c, N: 2})
	r.src.at(1<<63-1, shard.Timed{ID: c, N: 3})
	r.flushAt(0)
	r.flushAll()
	var starts []int64
	for _, s := range m.Series() {
		starts = append(starts, s.Points[0].Unix)
	}
	assert.Equal(t, []int64{-1<<63 + 8, -10, 1<<63 - 8}, starts, "the last is not due before the end of time")
}

// At the bound on buckets the oldest is sent early and nothing is dropped.
func TestTheBoundOnBuckets(t *testing.T) {
	adding, keeping := memory.New(), memory.New(overwrites())
	r := manual(t, func(c *flush.Config) { c.MaxBuckets = 4 }, adding, keeping)
	c := r.cat.add(transport.KindCount, "c")
	r.clock.set(begin.Add(5 * time.Second))
	for s := int64(0); s < 600; s += 10 {
		r.src.at(sec(s), shard.Timed{ID: c, N: 1})
	}
	r.src.count(c, 10)
	r.flushAt(5)
	assert.Len(t, taken(adding), 60-4, "all but the last three and that of the time now")
	r.src.count(c, 100)
	r.flushAll()
	assert.Len(t, arrived(adding), 4, "the others were open")
	assert.Equal(t, 111.0+3, adding.Sum("c"))
	assert.Equal(t, 60.0+110, keeping.Sum("c"))
	assert.Empty(t, r.book(1).Dropped)
}

func TestAHeldBankGoesIntoTheBucketOfItsGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		adding, keeping := memory.New(), memory.New(overwrites())
		r := ticking(t, nil, adding, keeping)
		h := r.cat.add(transport.KindHistogram, "h")
		r.src.observe(h, 1)
		release := r.src.hold(h, 2)
		time.Sleep(11 * time.Second)
		assert.Equal(t, []string{"h@0=1/1"}, arrived(keeping), "what is not held is sent")

		r.src.observe(h, 4)
		release()
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"h@0=1/1", "h@0=3/2 rev 1", "h@10=4/1"}, arrived(keeping))
		assert.Equal(t, []string{"h@0=1/1", "h@0=2/1", "h@10=4/1"}, arrived(adding))
	})
}

// ids of series that are gone are used again when no bucket holds them.
func TestSweepSaysWhichBucketsAreKept(t *testing.T) {
	m := memory.New()
	r := manual(t, nil, m)
	c := r.cat.add(transport.KindCount, "c")
	for s := int64(10); s <= 60; s += 10 {
		r.clock.set(begin.Add(time.Duration(s) * time.Second))
		if s <= 30 {
			r.src.count(c, 1)
		}
		r.flushAt(s)
	}
	assert.Equal(t, [][2]uint64{
		{1, 1}, {2, 1}, // a bucket for each of the first three drains
		{3, 2}, {3, 3}, // each is kept for 20 s after its hand-out
		{3, 4}, {3, 4}, // and then none
	}, r.cat.sweeps)
}
