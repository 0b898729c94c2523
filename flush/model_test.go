package flush_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// cell is one bucket of one series.
type cell struct {
	name string
	unix int64
}

// model is what must have arrived: a map of plain sums, minus what was dropped.
// It knows of a bucket only whether it may have been given up since it was sent.
type model struct {
	t    *rapid.T
	r    *rig
	ids  []shard.ID
	all  map[cell]float64 // submitted and accepted
	seen map[cell]uint32  // newest revision that the keeping transport got
	now  int64            // seconds from begin
}

// Whatever is submitted, flushed and given up in whatever order: a backend that
// adds up ends with every point that was accepted; one that keeps the last value
// ends with every point of the same but those counted as late_unmerged, and its
// revisions rise.
func TestEveryPointArrivesOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		adding, keeping := memory.New(), memory.New(overwrites())
		r := manual(t, func(c *flush.Config) {
			c.MaxBuckets = rapid.IntRange(1, 6).Draw(rt, "buckets")
			c.LateWindow = time.Duration(rapid.SampledFrom([]int{0, 10, 30}).Draw(rt, "window")) * time.Second
			c.MaxPast, c.MaxAhead = 100*time.Second, 50*time.Second
		}, adding, keeping)
		flush.LimitMemory(r.Flusher, rapid.SampledFrom([]int{0, 3, 1000}).Draw(rt, "memory"))
		m := &model{t: rt, r: r, all: map[cell]float64{}, seen: map[cell]uint32{}}
		for _, name := range []string{"a", "b", "c"} {
			m.ids = append(m.ids, r.cat.add(transport.KindCount, name))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"submit":       m.submit,
			"submit timed": m.submitTimed,
			"wait":         m.wait,
			"flush":        func(*rapid.T) { r.flushAll() },
			"flush at": func(t *rapid.T) {
				r.flushAt(m.now + int64(rapid.IntRange(-20, 20).Draw(t, "cut")))
			},
			"": func(*rapid.T) { m.checkRevisions(keeping) },
		})
		r.flushAll()
		m.checkRevisions(keeping)
		m.checkSums(adding, keeping)
		assert.NoError(rt, r.Shutdown(t.Context()))
	})
}

func (m *model) name(id shard.ID) string { return m.r.cat.Series(id).Name() }

func (m *model) add(id shard.ID, unix, n int64) {
	start := unix - ((unix%10)+10)%10
	m.all[cell{m.name(id), start}] += float64(n)
}

// submit adds to the bucket that holds the nanosecond before the flush that
// finds it; flushing at once makes that now.
func (m *model) submit(t *rapid.T) {
	id := rapid.SampledFrom(m.ids).Draw(t, "series")
	n := rapid.Int64Range(1, 1000).Draw(t, "n")
	m.r.src.count(id, n)
	m.r.flushAt(-1000) // drains, and hands nothing out
	m.add(id, sec(m.now)-1, n)
}

func (m *model) submitTimed(t *rapid.T) {
	id := rapid.SampledFrom(m.ids).Draw(t, "series")
	n := rapid.Int64Range(1, 1000).Draw(t, "n")
	age := rapid.Int64Range(-60, 120).Draw(t, "age")
	m.r.src.at(sec(m.now-age), shard.Timed{ID: id, N: n})
	m.r.flushAt(-1000)
	if -50 <= age && age <= 100 {
		m.add(id, sec(m.now-age), n)
	}
}

func (m *model) wait(t *rapid.T) {
	m.now += rapid.Int64Range(1, 45).Draw(t, "seconds")
	m.r.clock.set(begin.Add(time.Duration(m.now) * time.Second))
}

// checkRevisions checks that each whole replaces the one before.
func (m *model) checkRevisions(keeping *memory.Transport) {
	next := map[cell]uint32{}
	for _, s := range keeping.Series() {
		for _, p := range s.Points {
			at := cell{s.Name, p.Unix}
			want := next[at]
			assert.Equal(m.t, want, p.Rev, "revision of %v", at)
			next[at] = want + 1
		}
	}
}

func (m *model) checkSums(adding, keeping *memory.Transport) {
	sums, last := map[cell]float64{}, map[cell]float64{}
	for _, s := range adding.Series() {
		sums[cell{s.Name, s.Points[0].Unix}] += s.Points[0].Value
	}
	for _, s := range keeping.Series() {
		last[cell{s.Name, s.Points[0].Unix}] = s.Points[0].Value
	}
	assert.Equal(m.t, m.all, sums)

	books := m.r.Books()
	for i := range books {
		assert.True(m.t, books[i].Balanced())
		assert.Zero(m.t, books[i].Pending)
	}
	if books[1].Dropped[transport.ReasonLateUnmerged] == 0 {
		assert.Equal(m.t, m.all, last)
		return
	}
	missing := 0
	for at, want := range m.all {
		assert.LessOrEqual(m.t, last[at], want, "%v", at)
		if last[at] < want {
			missing++
		}
	}
	assert.Positive(m.t, missing, "what is counted as late_unmerged is missing")
	assert.LessOrEqual(m.t, missing, int(books[1].Dropped[transport.ReasonLateUnmerged]), "and nothing else")
}
