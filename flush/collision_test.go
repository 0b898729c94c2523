package flush_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// lowercase is a transport whose wire knows small letters only.
type lowercase struct{ *memory.Transport }

func (lowercase) WireName(name string) string { return strings.ToLower(name) }
func (lowercase) WireTag(tag string) string   { return strings.ToLower(tag) }

// collide is a backend that adds up and one that keeps the last value, both with
// names of their own.
func collide(t *testing.T, change func(*flush.Config)) (r *rig, adding, keeping lowercase) {
	adding, keeping = lowercase{memory.New()}, lowercase{memory.New(overwrites())}
	return manual(t, change, adding, keeping), adding, keeping
}

// Series that are one on the wire are sent as one from their first hand-out on.
func TestSeriesThatAreOneOnTheWire(t *testing.T) {
	r, adding, keeping := collide(t, nil)
	small, large := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindCount, "C")
	set, Set := r.cat.add(transport.KindSet, "s"), r.cat.add(transport.KindSet, "S")
	hist, Hist := r.cat.add(transport.KindTiming, "h"), r.cat.add(transport.KindTiming, "H")
	tagged := r.cat.add(transport.KindCount, "c", "x")
	r.clock.set(begin.Add(5 * time.Second))
	r.src.count(small, 1)
	r.src.count(large, 2)
	r.src.count(tagged, 100)
	r.src.member(set, "a")
	r.src.member(Set, "a", "b")
	r.src.observe(hist, 1)
	r.src.observe(Hist, 2)
	r.flushAll()
	first := []string{"c@0=3", "c[x]@0=100", "s@0=[a b]", "h@0=3/2"}
	assert.Equal(t, first, taken(adding.Transport))
	assert.Equal(t, first, taken(keeping.Transport))

	r.src.count(large, 4)
	r.src.member(set, "b", "c")
	r.src.observe(Hist, 4)
	r.flushAll()
	assert.Equal(t, []string{"c@0=4", "s@0=[c]", "h@0=4/1"}, taken(adding.Transport))
	assert.Equal(t, []string{"c@0=7 rev 2", "s@0=[a b c] rev 2", "h@0=7/3 rev 2"}, taken(keeping.Transport),
		"the whole of both, touched or not, in a revision higher than before")
	r.src.member(Set, "c")
	r.flushAll()
	assert.Empty(t, taken(adding.Transport), "all members were sent")
	for i := range 2 {
		assert.Empty(t, r.book(i).Dropped)
	}
}

// A series that joins another on the wire after that one was sent.
func TestALaterSeriesOfTheSameNameOnTheWire(t *testing.T) {
	r, adding, keeping := collide(t, nil)
	r.clock.set(begin.Add(5 * time.Second))
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	r.flushAll()
	r.src.count(r.cat.add(transport.KindCount, "C"), 2)
	r.flushAll()
	assert.Equal(t, []string{"c@0=1", "c@0=2"}, arrived(adding.Transport), "under the name that is known")
	assert.Equal(t, []string{"c@0=1", "c@0=3 rev 1"}, arrived(keeping.Transport))
}

// Of two gauges one is sent, and it stays the same one in a bucket.
func TestGaugesThatAreOneOnTheWire(t *testing.T) {
	r, adding, keeping := collide(t, nil)
	small, large := r.cat.add(transport.KindGauge, "g"), r.cat.add(transport.KindGauge, "G")
	r.src.gauge(small, 1)
	r.src.gauge(large, 2)
	r.clock.set(begin.Add(5 * time.Second))
	r.flushAll()
	assert.Equal(t, []string{"g@0=1"}, taken(keeping.Transport))

	r.clock.set(begin.Add(15 * time.Second))
	r.src.gauge(large, 3)
	r.flushAll()
	r.src.gauge(small, 4)
	r.flushAll()
	r.src.gauge(small, 5)
	r.flushAll()
	r.src.gauge(large, 6)
	r.flushAll()
	assert.Equal(t, []string{"G@10=3", "G@10=6 rev 1"}, taken(keeping.Transport))
	assert.Equal(t, []string{"g@0=1", "G@10=3", "G@10=6"}, taken(adding.Transport))
	for i := range 2 {
		assert.Equal(t, map[transport.Reason]uint64{transport.ReasonCollision: 3}, r.book(i).Dropped)
	}
}

// A bucket that was sent and given up is known by its name on the wire: the part
// of another series of that name would replace the whole all the same.
func TestALatePartOfAnotherSeriesOfTheSameNameOnTheWire(t *testing.T) {
	r, adding, keeping := collide(t, nil)
	small, large := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindCount, "C")
	r.src.at(sec(1), shard.Timed{ID: small, N: 1})
	r.flushAt(10)
	r.clock.set(begin.Add(100 * time.Second))
	r.flushAt(100)
	r.src.at(sec(2), shard.Timed{ID: large, N: 2})
	r.src.at(sec(2), shard.Timed{ID: r.cat.add(transport.KindCount, "other"), N: 4})
	r.flushAt(100)
	assert.Equal(t, []string{"c@0=1", "C@0=2", "other@0=4"}, arrived(adding.Transport))
	assert.Equal(t, []string{"c@0=1", "other@0=4"}, arrived(keeping.Transport))
	assert.Equal(t, uint64(1), r.book(1).Dropped[transport.ReasonLateUnmerged])
}

// An id that is used again takes nothing of its former series along, whatever
// the order in which the new one and its former neighbours are met.
func TestAnIDUsedAgainLeavesItsGroup(t *testing.T) {
	r, adding, keeping := collide(t, nil)
	first, second, third := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindCount, "C"), r.cat.add(transport.KindCount, "d")
	for _, id := range []shard.ID{third, second, first} {
		r.src.count(id, 1)
	}
	r.clock.set(begin.Add(10 * time.Second))
	r.flushAll()
	r.clock.set(begin.Add(100 * time.Second))
	r.flushAll() // nothing is kept any more
	assert.Equal(t, []string{"c@0=2", "d@0=1"}, taken(adding.Transport))
	keeping.Reset()

	r.cat.put(second, transport.KindCount, "new")
	r.src.count(first, 10)
	r.src.count(second, 20)
	r.flushAll()
	want := []string{"c@90=10", "new@90=20"}
	assert.Equal(t, want, taken(adding.Transport))
	assert.Equal(t, want, taken(keeping.Transport))
}

// The same for a series that a filter keeps from the transport.
func TestAnIDUsedAgainBehindAFilterLeavesItsGroup(t *testing.T) {
	r, adding, _ := collide(t, func(c *flush.Config) {
		for i := range c.Transports {
			c.Transports[i].Only = func(name string) bool { return name != "new" }
		}
	})
	first, second := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindCount, "C")
	r.src.count(first, 1)
	r.src.count(second, 2)
	r.clock.set(begin.Add(10 * time.Second))
	r.flushAll()
	r.clock.set(begin.Add(100 * time.Second))
	r.flushAll()
	r.cat.put(second, transport.KindCount, "new")
	r.src.count(first, 10)
	r.src.count(second, 20)
	r.flushAll()
	assert.Equal(t, []string{"c@0=3", "c@90=10"}, arrived(adding.Transport))
}

// A host or a device of its own makes a series of its own.
func TestHostsAndDevicesKeepSeriesApart(t *testing.T) {
	r, adding, _ := collide(t, nil)
	for i, s := range []flush.Common{{}, {HostSet: true}, {Host: "h", HostSet: true}, {Device: "h"}, {Tags: []string{"h"}}, {Tags: []string{"host", "h"}}} {
		id := r.cat.add(transport.KindCount, "c", s.Tags...)
		r.cat.mu.Lock()
		r.cat.series[id].Common = &s
		r.cat.mu.Unlock()
		r.src.count(id, int64(i+1))
	}
	r.clock.set(begin.Add(10 * time.Second))
	r.flushAll()
	assert.Equal(t, []string{"c@0=1", "c@0=2", "c@0=3", "c@0=4", "c[h]@0=5", "c[host h]@0=6"}, arrived(adding.Transport))
}

// mumbling is a transport whose naming panics.
type mumbling struct{ *memory.Transport }

func (mumbling) WireName(string) string { panic("name") }
func (mumbling) WireTag(string) string  { panic("tag") }

func TestANamerThatPanicsKeepsTheNames(t *testing.T) {
	m := mumbling{memory.New()}
	r := manual(t, nil, m)
	r.src.count(r.cat.add(transport.KindCount, "c", "a"), 1)
	r.src.count(r.cat.add(transport.KindCount, "C", "a"), 2)
	r.clock.set(begin.Add(10 * time.Second))
	r.flushAll()
	assert.Equal(t, []string{"c[a]@0=1", "C[a]@0=2"}, arrived(m.Transport))
	assert.Contains(t, r.log.String(), "WireName or WireTag of a transport panicked")
}
