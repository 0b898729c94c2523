package flush_test

import (
	"fmt"
	"maps"
	"math"
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

// oneLabel is a transport on whose wire series of one name are one, and wants totals.
type oneLabel struct{ *memory.Transport }

func (oneLabel) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	return append(dst, s.Name...)
}

// submitted is all that went into one series.
type submitted struct {
	kind         transport.Kind
	total, count float64 // of a counter; of a histogram or distribution its sum and number
	values       []float64
	newest       int64               // start of the newest bucket with content
	gauge        float64             // the last one written there
	members      map[string]struct{} // those of that bucket
}

// runningModel is what transports that want totals must end with.
type runningModel struct {
	t      *rapid.T
	r      *rig
	ids    map[string]shard.ID // by name and tag
	spare  int                 // slots given out beyond the catalog's own
	all    map[string]*submitted
	now    int64
	writes uint64
	back   bool // the clock was set back: what stands of gauges and sets is not known
}

var runningKinds = map[string]transport.Kind{
	"count": transport.KindCount, "gauge": transport.KindGauge, "set": transport.KindSet,
	"hist": transport.KindHistogram, "timing": transport.KindTiming, "dist": transport.KindDistribution,
}

// Whatever is submitted of every kind, flushed, cut, given up early, expired and back
// under another id, with the clock going and stepping back by a little: each series of
// each transport that wants totals has ever later times, totals and bins that never
// fall and end as all that was submitted, and books that have each point once.
func TestEveryKindOfTotal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plain, joined := memory.New(totals(), memory.WithSketches()), oneLabel{memory.New(totals(), memory.WithSketches())}
		flat, some := memory.New(totals(), memory.Flat()), memory.New(totals(), memory.WithSketches())
		untimed := memory.New(memory.Untimed(), memory.WithSketches())
		r := manual(t, func(c *flush.Config) {
			c.MaxBuckets = rapid.IntRange(1, 6).Draw(rt, "buckets")
			c.LateWindow = time.Duration(rapid.SampledFrom([]int{0, 10, 30}).Draw(rt, "window")) * time.Second
			c.Aggregates = []flush.Aggregate{flush.AggregateMax, flush.AggregateCount}
			c.Transports[3].Only = func(name string) bool { return name != "hist" && name != "gauge" }
		}, plain, joined, flat, some, untimed)
		m := &runningModel{t: rt, r: r, ids: map[string]shard.ID{}, all: map[string]*submitted{}}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(runningKinds))), 1, 6, rapid.ID).Draw(rt, "kinds")
		for _, name := range names {
			for _, tag := range []string{"a", "b"} {
				m.ids[name+"["+tag+"]"] = r.cat.add(runningKinds[name], name, tag)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"submit":       m.submit,
			"submit timed": m.submitTimed,
			"wait":         m.wait,
			"step back":    m.stepBack,
			"expire":       m.expire,
			"flush":        func(*rapid.T) { r.flushAll() },
			"flush at":     func(t *rapid.T) { r.flushAt(m.now + int64(rapid.IntRange(-20, 20).Draw(t, "cut"))) },
		})
		_ = r.Shutdown(t.Context()) // it says what was dropped, which is checked below
		for i, to := range []*memory.Transport{plain, joined.Transport, flat, some} {
			m.check(to, i, []string{"[a]", "", "[a]", "[a]"}[i])
		}
		m.checkUntimed(untimed)
	})
}

func (m *runningModel) draw(t *rapid.T) (key string, id shard.ID, s *submitted) {
	key = rapid.SampledFrom(slices.Sorted(maps.Keys(m.ids))).Draw(t, "series")
	return key, m.ids[key], m.of(key)
}

func (m *runningModel) of(key string) *submitted {
	s := m.all[key]
	if s == nil {
		name, _, _ := strings.Cut(key, "[")
		s = &submitted{kind: runningKinds[name], newest: math.MinInt64}
		m.all[key] = s
	}
	return s
}

// note adds to what was submitted to a bucket.
func (s *submitted) note(unix int64, v, weight float64) {
	start := unix - ((unix%10)+10)%10
	switch s.kind {
	case transport.KindCount:
		s.total += v
	case transport.KindGauge, transport.KindSet:
		if start > s.newest {
			s.newest, s.members = start, map[string]struct{}{}
		}
		if start == s.newest {
			s.gauge = v
			s.members[fmt.Sprint(v)] = struct{}{}
		}
	default:
		s.total, s.count = s.total+v*weight, s.count+weight
		for range int(weight) {
			s.values = append(s.values, v)
		}
	}
}

func (m *runningModel) submit(t *rapid.T) {
	_, id, s := m.draw(t)
	v := float64(rapid.IntRange(1, 50).Draw(t, "v"))
	m.writes++
	switch s.kind {
	case transport.KindCount:
		m.r.src.count(id, int64(v))
	case transport.KindGauge: // with its time: one without stands against those that have one
		m.r.src.at(sec(m.now)-1, shard.Timed{ID: id, Value: v, Seq: m.writes})
	case transport.KindSet:
		m.r.src.member(id, fmt.Sprint(v))
	default:
		m.r.src.observe(id, v)
	}
	m.r.flushAt(-100_000) // drains, and hands nothing out
	s.note(sec(m.now)-1, v, 1)
}

func (m *runningModel) submitTimed(t *rapid.T) {
	_, id, s := m.draw(t)
	v := float64(rapid.IntRange(1, 50).Draw(t, "v"))
	weight := float64(rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "weight"))
	at := sec(m.now - rapid.Int64Range(-60, 120).Draw(t, "age"))
	m.writes++
	switch s.kind {
	case transport.KindCount:
		m.r.src.at(at, shard.Timed{ID: id, N: int64(v)})
	case transport.KindSet:
		m.r.src.at(at, shard.Timed{ID: id, Member: fmt.Sprint(v)})
	default:
		m.r.src.at(at, shard.Timed{ID: id, Value: v, Weight: weight, Seq: m.writes})
	}
	m.r.flushAt(-100_000)
	s.note(at, v, weight)
}

func (m *runningModel) wait(t *rapid.T) {
	m.setClock(m.now + rapid.Int64Range(1, 45).Draw(t, "seconds"))
}

func (m *runningModel) stepBack(t *rapid.T) {
	m.back = true
	m.setClock(m.now - rapid.Int64Range(1, 15).Draw(t, "back"))
}

func (m *runningModel) setClock(now int64) {
	m.now = now
	m.r.clock.set(begin.Add(time.Duration(now) * time.Second))
}

// expire gives the id of a series to another, and the series another id.
func (m *runningModel) expire(t *rapid.T) {
	key, id, s := m.draw(t)
	m.r.flushAll()
	for range 2 { // all buckets are given up, those of the future too
		m.setClock(m.now + 120)
		m.r.flushAll()
	}
	name, tag, _ := strings.Cut(strings.TrimSuffix(key, "]"), "[")
	m.spare++
	spare := shard.MakeID(10*m.spare+int(s.kind), 0)
	m.r.cat.put(spare, s.kind, name, tag)
	m.r.cat.put(id, s.kind, "other")
	m.ids[key] = spare
}

// check compares what one transport got with what was submitted. Series are told
// apart by name, and by tag if one is given.
func (m *runningModel) check(to *memory.Transport, i int, tagged string) {
	got := map[string]*seenTotal{}
	units := uint64(0)
	for _, s := range to.Series() {
		name, key := s.Name, s.Name
		if tagged != "" {
			key += fmt.Sprint(s.Tags)
		}
		if base, ok := strings.CutSuffix(name, ".max"); ok && base != "" {
			continue // a gauge of the unit whose count follows
		}
		units++
		seen := got[key]
		if seen == nil {
			seen = &seenTotal{last: math.MinInt64, bins: map[float64]float64{}}
			got[key] = seen
		}
		seen.take(m.t, key, &s)
	}
	want := map[string]*submitted{}
	for key, s := range m.all {
		name, _, _ := strings.Cut(key, "[")
		if tagged == "" {
			key = name
		}
		if i == 3 && (name == "hist" || name == "gauge") {
			continue
		}
		if i == 2 && s.values != nil {
			key = name + ".count" + strings.TrimPrefix(key, name)
		}
		sum := want[key]
		if sum == nil {
			sum = &submitted{kind: s.kind, newest: math.MinInt64}
			want[key] = sum
		}
		sum.total, sum.count = sum.total+s.total, sum.count+s.count
		sum.values = append(sum.values, s.values...)
		if s.newest > sum.newest {
			sum.newest, sum.gauge, sum.members = s.newest, s.gauge, map[string]struct{}{}
		}
		if s.newest == sum.newest {
			for member := range s.members {
				sum.members[member] = struct{}{}
			}
		}
	}
	book := m.r.Books()[i]
	for key, w := range want {
		if (w.kind == transport.KindGauge || w.kind == transport.KindSet) && w.newest == math.MinInt64 || w.kind == transport.KindCount && w.total == 0 || w.kind >= transport.KindHistogram && w.count == 0 {
			continue
		}
		g := got[key]
		if !assert.NotNil(m.t, g, "transport %d: %s", i, key) {
			continue
		}
		switch {
		case w.kind == transport.KindCount:
			assert.Equal(m.t, w.total, g.value, "transport %d: %s", i, key)
		case w.kind == transport.KindGauge:
			if tagged != "" && !m.back { // of two gauges that are one, one stands
				assert.Equal(m.t, w.gauge, g.value, "transport %d: %s", i, key)
			}
		case w.kind == transport.KindSet:
			if book.Dropped[transport.ReasonLateUnmerged] == 0 && !m.back {
				assert.InDelta(m.t, len(w.members), g.value, 0, "transport %d: %s at %d", i, key, w.newest-begin.Unix())
			}
		case i == 2:
			assert.Equal(m.t, w.count, g.value, "transport %d: %s", i, key)
		default:
			assert.Equal(m.t, []float64{w.count, w.total}, []float64{g.value, g.sum}, "transport %d: %s", i, key)
			if w.kind == transport.KindDistribution {
				g.checkBins(m.t, w.values)
			}
		}
	}
	assert.True(m.t, book.Balanced())
	assert.Equal(m.t, units, book.Delivered, "transport %d", i)
	assert.Equal(m.t, book.RolledUp, book.Delivered+book.Dropped[transport.ReasonLateGauge]+
		book.Dropped[transport.ReasonCollision]+book.Dropped[transport.ReasonLateUnmerged], "transport %d: %v", i, book.Dropped)
}

// seenTotal is what has arrived of one series.
type seenTotal struct {
	last       int64
	value, sum float64
	bins       map[float64]float64
}

func (g *seenTotal) take(t *rapid.T, key string, s *transport.Series) {
	p := &s.Points[0]
	assert.Greater(t, p.Unix, g.last, "%s: a time that is not later", key)
	g.last = p.Unix
	before, sum := g.value, g.sum
	switch {
	case p.Summary != nil:
		g.value, g.sum = p.Summary.Count, p.Summary.Sum
		assert.Greater(t, g.sum, sum, key)
		if s.Kind == transport.KindDistribution {
			bins := map[float64]float64{}
			for _, x := range p.Summary.Samples {
				bins[x.Value] += x.Weight
			}
			for v, n := range g.bins {
				assert.GreaterOrEqual(t, bins[v], n, "%s: the bin at %v", key, v)
			}
			g.bins = bins
		}
	default:
		g.value = p.Value
	}
	if s.Kind != transport.KindGauge && s.Kind != transport.KindSet {
		assert.Greater(t, g.value, before, "%s: a total that does not grow", key)
	}
}

// checkBins compares bins with all values, each at most 0.4 % off.
func (g *seenTotal) checkBins(t *rapid.T, values []float64) {
	slices.Sort(values)
	i := 0
	bins := make([]float64, 0, len(g.bins))
	for v := range g.bins {
		bins = append(bins, v)
	}
	slices.Sort(bins)
	for _, v := range bins {
		for range int(g.bins[v]) {
			if i < len(values) {
				assert.InEpsilon(t, values[i], v, 1.0/256)
			}
			i++
		}
	}
	assert.Equal(t, len(values), i)
}

// checkUntimed checks that gauges come in the order of their buckets, and what adds
// up adds up.
func (m *runningModel) checkUntimed(to *memory.Transport) {
	sums, counts := map[string]float64{}, map[string]float64{}
	gauge := map[string]*transport.Point{}
	for _, s := range to.Series() {
		key := s.Name + fmt.Sprint(s.Tags)
		p := &s.Points[0]
		switch {
		case s.Kind == transport.KindGauge:
			gauge[key] = p
		case p.Summary != nil:
			sums[key] += p.Summary.Sum
			counts[key] += p.Summary.Count
		default:
			sums[key] += p.Value
		}
	}
	for key, w := range m.all {
		switch w.kind {
		case transport.KindSet:
		case transport.KindGauge:
			if w.newest > math.MinInt64 && !m.back {
				assert.Equal(m.t, w.gauge, gauge[key].Value, "untimed %s", key)
			}
		default:
			assert.Equal(m.t, w.total, sums[key], "untimed %s", key)
			assert.Equal(m.t, w.count, counts[key], "untimed %s", key)
		}
	}
	book := m.r.Books()[4]
	assert.True(m.t, book.Balanced())
}
