package flush_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// figures is what one bucket of one series comes to, of whatever kind: a sum and
// a number, the extremes, the members, the last value.
type figures struct {
	Sum, Count, Min, Max float64
	Members              string
}

// add is what a backend that adds up does with a second part.
func (f figures) add(g figures) figures {
	return figures{f.Sum + g.Sum, f.Count + g.Count, min(f.Min, g.Min), max(f.Max, g.Max), union(f.Members, g.Members)}
}

// union joins two sets of one-letter members.
func union(a, b string) string {
	letters := []byte(a + b)
	slices.Sort(letters)
	return string(slices.Compact(letters))
}

// receiver is a backend: it reads all that a transport got, in order, into what it
// would show.
func receiver(m *memory.Transport, overwrites bool, called func(string) string) (shown map[cell]figures, problems []string) {
	shown, revs := map[cell]figures{}, map[cell]uint32{}
	for _, s := range m.Series() {
		p := &s.Points[0]
		at := cell{called(s.Name), p.Unix}
		got := figures{Sum: p.Value, Count: 1}
		switch {
		case p.Summary != nil:
			got = figures{p.Summary.Sum, p.Summary.Count, p.Summary.Min, p.Summary.Max, ""}
		case s.Kind == transport.KindSet:
			got = figures{Members: strings.Join(p.Members, "")}
		case s.Kind == transport.KindCount:
			got.Count = 0
		}
		before, known := shown[at]
		switch {
		case overwrites:
			if rev := revs[at]; known && p.Rev <= rev {
				problems = append(problems, fmt.Sprintf("%v: revision %d comes after %d", at, p.Rev, rev))
			}
			revs[at] = p.Rev
		case p.Rev != 0:
			problems = append(problems, fmt.Sprintf("%v: a part has revision %d", at, p.Rev))
		case known && s.Kind == transport.KindSet && len(union(before.Members, got.Members)) != len(before.Members)+len(got.Members):
			problems = append(problems, fmt.Sprintf("%v: %q was sent, and now %q", at, before.Members, got.Members))
		case known && s.Kind != transport.KindGauge: // a gauge is replaced everywhere
			got = before.add(got)
		}
		shown[at] = got
	}
	return shown, problems
}

// kindsModel is what the submissions come to in plain maps: as they are named, and
// as they are on a wire of small letters.
type kindsModel struct {
	plain, wired map[cell]figures
	gauge        map[cell]uint64 // the number of the write that stands
	seq          uint64
	now          int64
}

func (m *kindsModel) put(name string, unix int64, f figures) {
	put := func(to map[cell]figures, name string) {
		at, sum := cell{name, unix - ((unix%10)+10)%10}, f
		if before, ok := to[at]; ok {
			sum = before.add(f)
		}
		to[at] = sum
	}
	put(m.plain, name)
	put(m.wired, strings.ToLower(name))
}

// set is a write to a gauge; number is that of a timed write, the largest there is
// for one without a timestamp.
func (m *kindsModel) set(name string, unix int64, value float64, number uint64) {
	at := cell{name, unix - ((unix%10)+10)%10}
	if _, ok := m.plain[at]; !ok || number >= m.gauge[at] {
		m.plain[at], m.gauge[at] = figures{Sum: value, Count: 1}, number
		m.wired[at] = m.plain[at]
	}
}

// Whatever of whatever kind is submitted, late or not, to series that are one on
// the wire or not, and flushed whenever: in the end each backend shows what was
// submitted.
func TestEachKindArrivesWholeAtEachBackend(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		adding, keeping := memory.New(), memory.New(overwrites())
		wiredAdding, wiredKeeping := lowercase{memory.New()}, lowercase{memory.New(overwrites())}
		r := manual(t, func(c *flush.Config) { c.LateWindow = time.Hour }, adding, keeping, wiredAdding, wiredKeeping)
		ids := map[string]shard.ID{}
		for kind, names := range map[transport.Kind][]string{
			transport.KindCount: {"c", "C", "count"}, transport.KindGauge: {"g", "gauge"}, transport.KindSet: {"s", "S"},
			transport.KindHistogram: {"h", "H"}, transport.KindDistribution: {"d", "D"},
		} {
			for _, name := range names {
				ids[name] = r.cat.add(kind, name)
			}
		}
		names := slices.Sorted(maps.Keys(ids))
		m := &kindsModel{plain: map[cell]figures{}, wired: map[cell]figures{}, gauge: map[cell]uint64{}}
		rt.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(t, "series") {
					m.submit(t, r, name, ids[name])
				}
				r.flushAt(-1000) // drains, and hands nothing out
			},
			"wait": func(t *rapid.T) {
				m.now += rapid.Int64Range(1, 15).Draw(t, "seconds")
				r.clock.set(begin.Add(time.Duration(m.now) * time.Second))
			},
			"flush":    func(*rapid.T) { r.flushAll() },
			"flush at": func(*rapid.T) { r.flushAt(m.now) },
		})
		r.flushAll()
		same := func(name string) string { return name }
		for _, c := range []struct {
			name       string
			to         *memory.Transport
			overwrites bool
			called     func(string) string
			want       map[cell]figures
		}{
			{"adding", adding, false, same, m.plain},
			{"keeping", keeping, true, same, m.plain},
			{"adding by wire", wiredAdding.Transport, false, strings.ToLower, m.wired},
			{"keeping by wire", wiredKeeping.Transport, true, strings.ToLower, m.wired},
		} {
			shown, problems := receiver(c.to, c.overwrites, c.called)
			assert.Empty(rt, problems, c.name)
			assert.Equal(rt, c.want, shown, c.name)
		}
		for i, b := range r.Books() {
			assert.True(rt, b.Balanced(), "transport %d", i)
			assert.Equal(rt, b.RolledUp, b.Delivered, "transport %d", i)
		}
		assert.NoError(rt, r.Shutdown(t.Context()))
	})
}

// submit makes one submission, with a timestamp or without.
func (m *kindsModel) submit(t *rapid.T, r *rig, name string, id shard.ID) {
	value := float64(rapid.IntRange(-9, 9).Draw(t, "value"))
	unix, timed := sec(m.now)-1, rapid.Bool().Draw(t, "timed")
	if timed {
		unix = sec(m.now) - rapid.Int64Range(-15, 30).Draw(t, "age")
	}
	member := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "member")
	kind := r.cat.Series(id).Kind
	record := shard.Timed{ID: id}
	switch kind {
	case transport.KindCount:
		record.N = int64(value)
		m.put(name, unix, figures{Sum: value})
	case transport.KindGauge:
		m.seq++
		record.Value, record.Seq = value, m.seq
	case transport.KindSet:
		record.Member = member
		m.put(name, unix, figures{Members: member})
	default:
		record.Value = value
		m.put(name, unix, figures{value, 1, value, value, ""})
	}
	switch {
	case timed:
		r.src.at(unix, record)
	case kind == transport.KindCount:
		r.src.count(id, record.N)
	case kind == transport.KindGauge:
		r.src.gauge(id, value)
	case kind == transport.KindSet:
		r.src.member(id, member)
	default:
		r.src.observe(id, value)
	}
	if kind == transport.KindGauge {
		number := record.Seq
		if !timed {
			number = 1<<64 - 1
		}
		m.set(name, unix, value, number)
	}
}
