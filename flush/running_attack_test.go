package flush_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// The newest bucket was given up, and a part of its set comes: its size would stand
// for that of the whole.
func TestAPartOfASetDoesNotStandForTheWhole(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.LateWindow = 0 }, m)
	set := r.cat.add(transport.KindSet, "s")
	r.clock.set(begin.Add(5 * time.Second))
	r.src.member(set, "a", "b")
	r.flushAll()
	r.clock.set(begin.Add(15 * time.Second))
	r.flushAll() // gives it up
	r.flushAll()
	r.src.at(sec(3), shard.Timed{ID: set, Member: "c"})
	r.flushAll()
	assert.Equal(t, []string{"s@0=[a b]"}, arrived(m))
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonLateUnmerged: 1}, r.book(0).Dropped)
	r.src.member(set, "c")
	r.flushAll()
	assert.Equal(t, []string{"s@0=[a b]", "s@10=[c]"}, arrived(m), "the next bucket is whole")
}

// A clock that steps back over a boundary, by less than a second even, must not make
// times go back, or come twice: backends refuse them.
func TestTimesGoOnAfterASmallStepBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		seconds int
		want    []string
	}{
		{"of a second", 1, []string{"c@10=1", "g@10=1", "s@10=[a]", "g@11=2", "s@11=[b]", "c@11=2", "g@12=3", "s@12=[c]", "c@12=3", "c@20=4", "g@20=4", "s@20=[d]"}},
		{"of a minute", 60, []string{"c@10=1", "g@10=1", "s@10=[a]", "g@11=2", "s@11=[b]", "c@11=2", "g@12=3", "s@12=[c]", "c@12=3", "c@20=4", "g@20=4", "s@20=[d]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := memory.New(totals())
			r := manual(t, nil, m)
			count, gauge, set := r.cat.add(transport.KindCount, "c"), r.cat.add(transport.KindGauge, "g"), r.cat.add(transport.KindSet, "s")
			begun := begin.Add(10*time.Second + time.Millisecond)
			back := begun.Add(-time.Duration(c.seconds) * time.Second)
			for i, at := range []time.Time{begun, back, begun.Add(time.Second), begin.Add(25 * time.Second)} {
				r.clock.set(at)
				r.src.count(count, 1)
				r.src.gauge(gauge, float64(i+1))
				r.src.member(set, string(rune('a'+i)))
				r.flushAll()
			}
			assert.Equal(t, c.want, arrived(m))
			assert.Empty(t, r.book(0).Dropped)
		})
	}
}

// After the clock was set back by far the series that live are not forgotten before
// those that were touched last under the wrong time.
func TestTheDeadAreForgottenBeforeTheLiving(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.RunningSeries = 4 }, m)
	var dead []shard.ID
	for i := range 3 {
		dead = append(dead, r.cat.add(transport.KindCount, fmt.Sprint("dead", i)))
	}
	living, other := r.cat.add(transport.KindCount, "living"), r.cat.add(transport.KindCount, "other")
	r.clock.set(begin.Add(1000 * time.Hour))
	for _, id := range dead {
		r.src.count(id, 1)
	}
	r.flushAll()
	for i := range 3 {
		r.clock.set(begin.Add(time.Duration(10*i+5) * time.Second))
		r.src.count(living, 1)
		r.flushAll()
	}
	r.src.count(other, 1)
	r.flushAll()
	r.clock.set(begin.Add(45 * time.Second))
	r.src.count(living, 1)
	r.flushAll()
	last, _ := m.Last("living")
	assert.Equal(t, 4.0, last.Value)
}

// More series than the bound owe a late part, all handed out early: none is forgotten
// before it is sent, and then the bound holds again.
func TestWhatIsOwedIsNotForgotten(t *testing.T) {
	const n = 50
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.RunningSeries, c.MaxBuckets = 4, 1 }, m)
	var ids []shard.ID
	r.clock.set(begin.Add(105 * time.Second))
	for i := range n {
		id := r.cat.add(transport.KindCount, fmt.Sprint("c", i))
		ids = append(ids, id)
		r.src.at(sec(60), shard.Timed{ID: id, N: 1})
		r.src.at(sec(50), shard.Timed{ID: id, N: 2}) // hands 60 out; that of the next series hands this one out
	}
	r.flushAll()
	assert.Equal(t, n, flush.Remembered(r.Flusher))
	for _, id := range ids {
		r.src.count(id, 4)
	}
	r.flushAll()
	for i := range n {
		last, known := m.Last(fmt.Sprint("c", i))
		assert.True(t, known)
		assert.Equal(t, 7.0, last.Value)
	}
	r.src.count(r.cat.add(transport.KindCount, "one more"), 1)
	r.flushAll()
	assert.Equal(t, 3, flush.Remembered(r.Flusher), "half of the bound, and the new one")
	assert.Equal(t, uint64(len(m.Series())), r.book(0).Delivered)
}

// A late part and a newer bucket in turns, handed out early: each total is sent once,
// and what is owed at the end once.
func TestOwedInTurns(t *testing.T) {
	m := memory.New(totals())
	r := manual(t, func(c *flush.Config) { c.MaxBuckets = 2 }, m)
	r.clock.set(begin.Add(1005 * time.Second))
	id := r.cat.add(transport.KindCount, "c")
	r.src.count(id, 1)
	r.flushAt(-1000)
	want := 1.0
	for i := range int64(20) {
		r.src.at(sec(500+10*i), shard.Timed{ID: id, N: 1})
		r.src.at(sec(100+10*i), shard.Timed{ID: id, N: 1})
		r.flushAt(-1000 - 100*i)
		want += 2
	}
	r.flushAll()
	last, _ := m.Last("c")
	assert.Equal(t, want, last.Value)
	before := int64(0)
	for _, s := range m.Series() {
		assert.Greater(t, s.Points[0].Unix, before)
		before = s.Points[0].Unix
	}
	r.book(0)
}

// A sum that is not finite leaves the total, and what is owed of it, as they were.
func TestATotalThatCannotGrow(t *testing.T) {
	const most = 1.7e308
	m := memory.New(totals(), memory.WithSketches())
	r := manual(t, nil, m)
	hist, dist := r.cat.add(transport.KindHistogram, "h"), r.cat.add(transport.KindDistribution, "d")
	submit := func(v float64) {
		r.src.observe(hist, v)
		r.src.observe(dist, v)
		r.flushAll()
	}
	r.clock.set(begin.Add(5 * time.Second))
	submit(most)
	submit(most) // late, and too much
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonOverflowSum: 2}, r.book(0).Dropped)
	submit(-most)
	r.clock.set(begin.Add(15 * time.Second))
	submit(most)
	r.src.observe(dist, most, most) // of itself not finite
	r.flushAll()
	assert.Equal(t, []string{"h@0=1.7e+308/1", "d@0=1.7e+308/1", "h@1=0/2", "d@1=0/2", "h@10=1.7e+308/3", "d@10=1.7e+308/3"}, arrived(m))
	all := m.Series()
	assert.Len(t, all[len(all)-1].Points[0].Summary.Samples, 2, "a value left out is in no bin")
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonOverflowSum: 3}, r.book(0).Dropped)
	assert.Equal(t, uint64(2), r.book(0).LateShifted, "what was dropped is in no total")
}
