package stats

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// A table that is as full as may be has a slot within reach of every spelling. One
// without would leave a chain after each tidying, and its larger table would be made
// again and again.
func TestAFullTableHasRoomForAll(t *testing.T) {
	c := aClient(t)
	defer c.Close()
	spellings := make([]*series, 1024*5/8)
	for i := range spellings {
		spellings[i] = c.series(transport.KindCount, fmt.Sprint("n", i), nil)
	}
	for range 200 {
		c.seed = rand.Uint64() // hashes all of them anew
		table := newTable(1024, nil)
		for _, s := range spellings {
			require.True(t, table.place(s))
		}
	}
}

// A spelling that is added while the table is copied, and finds no room in the copy,
// is in the new chain once: a second one would outlive its series.
func TestASpellingIsInTheTableOnce(t *testing.T) {
	defer CollideHashes()()
	c := aClient(t)
	defer c.Close()
	r := c.core.registry
	name := func(i int) string { return string([]byte{'a' + byte(i%20), 'a' + byte(i/20%20), 'a' + byte(i/400)}) }
	for i := range 2 * maxProbes {
		c.series(transport.KindCount, name(i), nil) // of three bytes: all have one hash
	}
	c.series(transport.KindGauge, "one more chain", nil)
	chain, want := r.untidy()
	require.NotNil(t, chain)
	last := c.series(transport.KindCount, name(2*maxProbes), nil)
	r.replace(chain.copy(want))
	found := 0
	for table := r.table.Load(); table != nil; table = table.older {
		for i := range table.slots {
			if table.slots[i].Load() == last {
				found++
			}
		}
	}
	assert.Equal(t, 1, found)
	for i := range 2*maxProbes + 1 {
		require.NotNil(t, c.find(transport.KindCount, name(i), nil), name(i))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unlink(last, 1)
	assert.Nil(t, c.find(transport.KindCount, name(2*maxProbes), nil))
}

// sweep plays the end of a flush at a second of the test.
func sweep(c *Client, now int64, newest, oldest uint64) {
	c.core.store.Swap()
	c.core.store.Drain(now, silent{})
	c.core.registry.Sweep(time.Unix(now, 0), newest, oldest)
}

type silent struct{}

func (silent) Count(shard.ID, int64, float64)                               {}
func (silent) Gauge(shard.ID, float64)                                      {}
func (silent) Observations(shard.ID, shard.Generation, *shard.Observations) {}
func (silent) Member(shard.ID, string)                                      {}
func (silent) Timed(*shard.Timed)                                           {}

// secondsClock is a clock of whole seconds.
type secondsClock struct{ atomic.Int64 }

func (c *secondsClock) Now() time.Time { return time.Unix(c.Load(), 0) }

// anExpiringClient returns one whose series expire after ten idle seconds.
func anExpiringClient(t require.TestingT, opts ...Option) (*Client, *secondsClock) {
	clock := new(secondsClock)
	clock.Store(1_700_000_000)
	return aClient(t, append([]Option{WithClock(clock), WithIdleExpiry(10 * time.Second), WithErrorHandler(func(error) {})}, opts...)...), clock
}

// retire lets every series without a handle expire, and frees its id.
func retire(c *Client, clock *secondsClock) {
	for i := range uint64(5) {
		clock.Add(20)
		runtime.GC()
		sweep(c, clock.Load(), i, i+1)
	}
}

// An id that was given up has nothing left in the registry, however many there were.
func TestNothingIsLeftOfASeriesThatWasGivenUp(t *testing.T) {
	c, clock := anExpiringClient(t)
	defer c.Close()
	r := c.core.registry
	kept := c.NewCounter("kept")
	for i := range 200 {
		for _, child := range []*Client{c, c.With("x:y")} {
			child.Count(fmt.Sprint("n", i), 1, "b", "a")
			child.Count(fmt.Sprint("n", i), 1, "a", "b") // an alias
			child.Count(fmt.Sprint("n", i), 1, strings.Repeat("long", 100), "1", "2", "3")
		}
	}
	sweep(c, clock.Load(), 0, 0)
	retire(c, clock)
	left := 0
	r.each(func(s *series) { left++; assert.Equal(t, "kept", s.Name()) })
	assert.Equal(t, 1, left)
	assert.Equal(t, 1, r.index.live)
	assert.Len(t, r.names, 1)
	assert.Empty(t, r.aliases)
	assert.Zero(t, r.spellings)
	runtime.KeepAlive(kept)
}

// A name's overflow series takes the place of a series of the user that bears the same
// name and has expired: it is not counted as one of theirs.
func TestTheOverflowTakesThePlaceOfAnExpiredSeries(t *testing.T) {
	c, clock := anExpiringClient(t, WithSeriesLimit(3))
	defer c.Close()
	for _, name := range []string{"a", "b"} {
		c.Count(name, 1, overflowTag)
	}
	c.Histogram("b", 1, overflowTag)
	sweep(c, clock.Load(), 1, 1)
	clock.Add(20)
	sweep(c, clock.Load(), 1, 1)
	runtime.GC()
	require.Zero(t, c.Ledger().Series)
	held := []*Counter{c.NewCounter("x"), c.NewCounter("y"), c.NewCounter("z")}
	for range 2 {
		c.Count("a", 1, "too:many")
		c.Histogram("b", 1, "too:many")
	}
	assert.Equal(t, 3, c.Ledger().Series)
	runtime.KeepAlive(held)
	retire(c, clock)
	assert.Zero(t, c.Ledger().Series)
	assert.Empty(t, c.core.registry.names)
}

// The overflow series that names share has the configuration of its own name.
func TestTheSharedOverflowIsConfiguredByItsName(t *testing.T) {
	c, _ := anExpiringClient(t, WithSeriesLimit(1), WithMetric("first", MetricConfig{Unit: "byte"}))
	defer c.Close()
	c.core.registry.overflowNames = overflowOwn
	c.Count("takes the place", 1)
	s := c.series(transport.KindCount, "first", nil)
	assert.Equal(t, overflowName, s.Name())
	assert.Nil(t, s.Text.Metric)
}

// What the registry shows of a call, against the rules spelled out.
func TestEachCallShowsItsNameTagsAndHost(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "b", "ab", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghijklmno", "abcdefghijklmnop",
		strings.Repeat("n", 53), strings.Repeat("n", 54), strings.Repeat("n", 55), strings.Repeat("t", 199), strings.Repeat("t", 200), strings.Repeat("t", 201),
		strings.Repeat("u", 253), strings.Repeat("u", 254), strings.Repeat("u", 255), strings.Repeat("u", 256), strings.Repeat("v", 70_00),
		"\xff", "a\xffb", "line\nline", "c:1", "c:2", "é", "\u2028",
	})
	tag := rapid.OneOf(piece, rapid.Just(""), rapid.Just("c:1"))
	rapid.Check(t, func(rt *rapid.T) {
		constant := rapid.SampledFrom([][]string{nil, {"c:1"}, {"c:2", "b"}, {"c:2", "a", "zz", strings.Repeat("t", 200)}}).Draw(rt, "constant")
		root, _ := anExpiringClient(rt, WithTags(constant...), WithLogger(slog.New(slog.DiscardHandler)))
		defer root.Close()
		c := root
		if n := rapid.SampledFrom([]int{0, 1, 199, 200, 201, 239, 255}).Draw(rt, "namespace"); n > 0 {
			c = c.WithNamespace(strings.Repeat("s", n))
		}
		more := rapid.SliceOfN(tag, 0, 2).Draw(rt, "child")
		if len(more) > 0 {
			c = c.With(more...)
		}
		ids := map[shard.ID]string{}
		for range 12 {
			kind := rapid.SampledFrom([]kind{transport.KindCount, transport.KindGauge}).Draw(rt, "kind")
			name, tags := piece.Draw(rt, "name"), rapid.SliceOfN(tag, 0, 5).Draw(rt, "tags")
			at, host := c, hostName{}
			if rapid.Bool().Draw(rt, "on a host") {
				host = hostName{piece.Draw(rt, "host"), true}
				at = c.OnHost(host.name).client
				require.Same(rt, at, c.OnHost(host.name).client)
				host.name = clean(host.name)
			}
			s := at.series(kind, name, tags)
			require.NotNil(rt, s)
			again := at.find(kind, name, tags)
			require.NotNil(rt, again)
			require.Same(rt, s.row, again.row)
			require.Equal(rt, s.ID, again.ID)
			got := c.core.registry.Series(s.ID)
			require.Equal(rt, joinName(c.namespace, name), got.Name())
			require.Equal(rt, cleanTags(tags, c.tags), append([]string{}, got.AppendTags(nil)...))
			require.Equal(rt, host, hostName{got.Common.Host, got.Common.HostSet})
			require.Equal(rt, kind, got.Kind)
			id := identity{kind, got.Name(), got.AppendTags(nil), host}
			require.Equal(rt, id.hash(), got.Key)
			key := string(id.appendKey(nil))
			if other, known := ids[s.ID]; known {
				require.Equal(rt, other, key)
			}
			ids[s.ID] = key
		}
		distinct := map[string]bool{}
		for _, key := range ids {
			require.False(rt, distinct[key], "one identity has two ids")
			distinct[key] = true
		}
	})
}

// sums adds up what drains show by what the registry calls it then.
type sums struct {
	silent
	r     *registry
	total map[string]int64
}

func (v *sums) Count(id shard.ID, n int64, _ float64) {
	s := v.r.Series(id)
	v.total[fmt.Sprint(s.Name(), s.AppendTags(nil), s.Common.Host)] += n
}

// come is a submitter that brings back series that expired, in every way there is.
type come struct {
	c            *Client
	rng          *rand.Rand
	child        *Client
	handles      [8]*Counter
	of           [8]int // the names of the handles
	want, onHost *[comeNames]atomic.Int64
}

const comeNames = 40

// some submits to a few names; the others expire meanwhile.
func (w *come) some(round int) {
	for range 30 {
		i := (3*round + w.rng.IntN(4)) % comeNames
		name := fmt.Sprint("n", i)
		switch w.rng.IntN(6) {
		case 0:
			w.c.Count(name, 1, "a", "bb")
		case 1:
			w.c.Count(name, 1, "bb", "a")
		case 2:
			w.child.Count(name, 1, "bb")
		case 3:
			w.c.OnHost(fmt.Sprint("h", i)).Count(name, 1)
			w.onHost[i].Add(1)
			continue
		case 4:
			slot := w.rng.IntN(len(w.handles))
			w.handles[slot], w.of[slot] = w.c.NewCounter(name, "bb", "a", "bb"), i
			continue
		case 5:
			slot := w.rng.IntN(len(w.handles))
			w.handles[slot].Inc()
			if w.handles[slot] == nil {
				continue
			}
			i = w.of[slot]
			if w.rng.IntN(4) == 0 {
				w.handles[slot] = nil
			}
		}
		w.want[i].Add(1)
	}
}

// Series expire and come back in every way while ids are reused as early as they may be,
// and the table is copied: each submission is shown once, under its own name.
func TestSeriesThatComeAndGoKeepTheirSumsConcurrentSafe(t *testing.T) {
	for _, limit := range []int{25, 1000} { // by eviction, and without
		c, clock := anExpiringClient(t, WithSeriesLimit(limit), WithTags("constant"))
		r := c.core.registry
		shown := &sums{r: r, total: map[string]int64{}}
		var want, onHost [comeNames]atomic.Int64
		var workers [4]*come
		for i := range workers {
			workers[i] = &come{c: c, rng: rand.New(rand.NewPCG(uint64(i), 7)), child: c.With("a"), want: &want, onHost: &onHost}
		}
		ids := shard.ID(0)
		for i := range 150 {
			var wg sync.WaitGroup
			for _, w := range workers {
				wg.Go(func() { w.some(i) })
			}
			clock.Add(6)
			r.core.store.Swap()
			r.core.store.Drain(clock.Load(), shown)
			r.Sweep(clock.Now(), uint64(i), uint64(i)+1) // no bucket holds anything
			wg.Wait()
			if i%2 == 0 {
				runtime.GC()
			}
			r.each(func(s *series) { ids = max(ids, s.ID) })
		}
		r.core.store.Swap()
		r.core.store.Drain(clock.Load(), shown)
		assert.LessOrEqual(t, ids.Row(), 1, "ids are used again")
		var taken, all int64
		for i := range comeNames {
			name := fmt.Sprint("n", i)
			own, host, over := name+"[a bb constant]", fmt.Sprint(name, "[constant]h", i), name+"[constant overflow:true]"
			all += want[i].Load() + onHost[i].Load()
			taken += shown.total[own] + shown.total[host]
			assert.Equal(t, want[i].Load()+onHost[i].Load(), shown.total[own]+shown.total[host]+shown.total[over], name)
			assert.LessOrEqual(t, shown.total[own], want[i].Load(), name)
			assert.LessOrEqual(t, shown.total[host], onHost[i].Load(), name)
			delete(shown.total, own)
			delete(shown.total, host)
			delete(shown.total, over)
		}
		assert.Empty(t, shown.total, "what nobody submitted")
		assert.Greater(t, 3*taken, all, "the overflow does not take most")
		_ = c.Close()
	}
}
