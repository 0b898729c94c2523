package flush_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// minutes returns what hands out one count of each id, a minute after the last time, and
// gives their bucket up.
func minutes(r *rig) (step func(ids ...shard.ID)) {
	now := 5 * time.Second
	return func(ids ...shard.ID) {
		r.clock.set(begin.Add(now))
		for _, id := range ids {
			r.src.count(id, 1)
		}
		r.flushAll()
		now += time.Minute
		r.clock.set(begin.Add(now))
		r.flushAll() // gives the bucket up
	}
}

// Two series that are one on the wire expire one after the other, and an id of theirs
// goes to another series late. Those that come back are one again, and stay so:
// as two, the value of one would replace the other's.
func TestSeriesThatComeBackAreOneAgain(t *testing.T) {
	m := oneLabel{memory.New(overwrites())}
	r := manual(t, nil, m)
	a, b := r.cat.add(transport.KindCount, "c", "a"), r.cat.add(transport.KindCount, "c", "b")
	step := minutes(r)
	step(a, b)
	r.cat.put(a, transport.KindCount, "x") // a expired; x is not handed out yet
	step(b)
	r.cat.put(b, transport.KindCount, "y") // then b
	step(b)
	again, other := r.cat.add(transport.KindCount, "c", "b"), r.cat.add(transport.KindCount, "c", "a")
	step(again)
	step(a) // x at last
	m.Reset()
	step(again, other)
	assert.Equal(t, []string{"c[b]@300=2"}, arrived(m.Transport))
}

// One of two series that are one on the wire expires, another has its id for a while
// and is never submitted, and it comes back under the same id: it is in its group again.
func TestASeriesThatComesBackUnderItsIDIsInItsGroup(t *testing.T) {
	m := oneLabel{memory.New(overwrites())}
	r := manual(t, nil, m)
	a, b := r.cat.add(transport.KindCount, "c", "a"), r.cat.add(transport.KindCount, "c", "b")
	step := minutes(r)
	step(a, b)
	r.cat.put(a, transport.KindCount, "x") // a expired
	step(b)
	r.cat.put(a, transport.KindCount, "c", "a") // and is back
	m.Reset()
	step(a, b)
	assert.Equal(t, []string{"c[b]@120=2"}, arrived(m.Transport))
}

// An id that has passed to another series is no member of what it was on the wire,
// whether it was that alone or with others.
func TestAnIDOfAnotherSeriesIsInNoOldGroup(t *testing.T) {
	for name, c := range map[string]struct {
		before []string // the second tag of "c" from the start
		want   []string
	}{
		"alone":       {[]string{"a"}, []string{"x@180=1", "c[new]@180=1"}},
		"with others": {[]string{"a", "b"}, []string{"x@180=1", "c[b]@180=2"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := oneLabel{memory.New(overwrites())}
			r := manual(t, nil, m)
			var ids []shard.ID
			for _, tag := range c.before {
				ids = append(ids, r.cat.add(transport.KindCount, "c", tag))
			}
			now := time.Minute
			step := func(ids ...shard.ID) {
				r.clock.set(begin.Add(now + time.Second))
				for _, id := range ids {
					r.src.count(id, 1)
				}
				r.flushAll()
				now += time.Minute
			}
			step(ids...)
			r.cat.put(ids[0], transport.KindCount, "x")
			step(ids[0]) // it leaves
			m.Reset()
			step(append(ids, r.cat.add(transport.KindCount, "c", "new"))...)
			assert.ElementsMatch(t, c.want, arrived(m.Transport))
		})
	}
}
