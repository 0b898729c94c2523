package stats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// always is the temporality of a backend that has one for every kind.
func always(is transport.Temporality) memory.Option {
	return memory.WithTemporality(func(transport.Kind) transport.Temporality { return is })
}

// Backends with every temporality and both profiles on one client: a late point
// reaches each in the form that is right for it.
func TestALatePointIsRightOnEachBackend(t *testing.T) {
	adding, keeping := memory.New(always(transport.Additive)), memory.New(always(transport.Overwrite))
	totals, perSecond := memory.New(always(transport.Cumulative)), memory.New(memory.Flat(), always(transport.Overwrite))
	untimed := memory.New(always(transport.Additive), memory.Untimed())
	clock := &fixedClock{now: time.Unix(1000, 0)}
	c, err := stats.New(stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithTransport(adding), stats.WithTransport(keeping), stats.WithTransport(totals),
		stats.WithTransport(perSecond, stats.UseProfile(stats.ProfileThreadStats),
			stats.OnlyMetrics(func(name string) bool { return name == "c" })),
		stats.WithTransport(untimed))
	require.NoError(t, err)
	step := func(now int64, submit func(), wants map[*memory.Transport][]string) {
		t.Helper()
		submit()
		clock.set(time.Unix(now, 0))
		require.NoError(t, c.Flush(t.Context()))
		for m, want := range wants {
			assert.ElementsMatch(t, want, brief(m), m.Temporality(transport.KindCount).String())
			m.Reset()
		}
	}
	step(1010, func() { c.Count("c", 5); c.Gauge("g", 1); c.Histogram("h", 4); c.Set("s", "ann") },
		map[*memory.Transport][]string{
			adding:    {"c@1000=5", "g@1000=1", "s@1000=[ann]", "h@1000=4/1"},
			keeping:   {"c@1000=5", "g@1000=1", "s@1000=[ann]", "h@1000=4/1"},
			totals:    {"c@1000=5", "g@1000=1", "s@1000=[ann]", "h@1000=4/1"},
			perSecond: {"c@1000=0.5"},
			untimed:   {"c@1000=5", "g@1000=1", "s@1000=[ann]", "h@1000=4/1"},
		})
	step(1020, func() { c.Count("c", 10); c.Gauge("g", 2); c.Histogram("h", 8); c.Set("s", "bob") },
		map[*memory.Transport][]string{
			adding:    {"c@1010=10", "g@1010=2", "s@1010=[bob]", "h@1010=8/1"},
			keeping:   {"c@1010=10", "g@1010=2", "s@1010=[bob]", "h@1010=8/1"},
			totals:    {"c@1010=15", "g@1010=2", "s@1010=[bob]", "h@1010=12/2"},
			perSecond: {"c@1010=1"},
			untimed:   {"c@1010=10", "g@1010=2", "s@1010=[bob]", "h@1010=8/1"},
		})
	late := func() {
		at := c.At(time.Unix(1005, 0))
		at.Count("c", 2)
		at.Gauge("g", 9) // the one written without a time stands in that bucket
		at.Histogram("h", 6)
		at.Set("s", "cid")
		c.At(time.Unix(1007, 0)).Gauge("g2", 3) // nothing of it was sent
	}
	step(1021, late, map[*memory.Transport][]string{
		adding:    {"s@1000=[cid]", "h@1000=6/1", "c@1000=2", "g2@1000=3"},
		keeping:   {"s@1000=[ann cid] rev 1", "h@1000=10/2 rev 1", "c@1000=7 rev 1", "g@1000=1 rev 1", "g2@1000=3"},
		totals:    {"g2@1000=3", "h@1011=18/3", "c@1011=17"},
		perSecond: {"c@1000=0.7 rev 1"},
		untimed:   {"s@1000=[cid]", "h@1000=6/1", "c@1000=2", "g2@1000=3"},
	})
	require.NoError(t, c.Close())
	assert.True(t, c.Ledger().Balanced())
}

// brief returns what arrived as "name@second=value", with the sum and count of a
// summary and the members of a set.
func brief(m *memory.Transport) []string {
	var out []string
	for _, s := range m.Series() {
		for _, p := range s.Points {
			text := fmt.Sprintf("%s@%d=", s.Name, p.Unix)
			switch {
			case p.Summary != nil:
				text += fmt.Sprintf("%v/%v", p.Summary.Sum, p.Summary.Count)
			case p.Members != nil:
				text += fmt.Sprint(p.Members)
			default:
				text += fmt.Sprint(p.Value)
			}
			if p.Rev > 0 {
				text += fmt.Sprintf(" rev %d", p.Rev)
			}
			out = append(out, text)
		}
	}
	return out
}

// What a bounded queue loses is missing for good on a backend that adds up, and
// is made good by the next total on one that wants totals.
func TestATotalMakesGoodWhatAQueueHasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := func(context.Context, *transport.Batch) error { return answered(transport.Retry) }
		adding, totals := memory.New(always(transport.Additive)), memory.New(always(transport.Cumulative))
		c, err := stats.New(quiet(
			stats.WithTransport(adding, stats.Named("adding"), stats.Queue(3, 1<<20)),
			stats.WithTransport(totals, stats.Named("totals"), stats.Queue(3, 1<<20)),
			stats.WithFlushJitter(0))...)
		require.NoError(t, err)
		submit := func(flushes int) {
			for range flushes {
				time.Sleep(10 * time.Second)
				c.Count("c", 1)
			}
		}
		time.Sleep(5 * time.Second) // submit between the ticks: one in each bucket
		submit(10)
		adding.SetSend(down)
		totals.SetSend(down)
		submit(100)
		adding.SetSend(nil)
		totals.SetSend(nil)
		submit(20)
		require.NoError(t, c.Shutdown(t.Context()))

		last, _ := totals.Last("c")
		assert.Equal(t, 130.0, last.Value)
		lost := c.Ledger().Transports[0].Dropped[transport.ReasonQueueFull]
		assert.Greater(t, lost, uint64(90))
		assert.Equal(t, 130-float64(lost), adding.Sum("c"))
		assert.Greater(t, c.Ledger().Transports[1].Dropped[transport.ReasonQueueFull], uint64(90), "it is on the books all the same")
	})
}

// apart is a backend that is down at times of its own, and keeps what its
// temporality says.
type apart struct {
	temporality transport.Temporality
	outages     []outage
	begin       time.Time

	mu       sync.Mutex
	values   map[string]float64 // what stands, by series and time; of totals by series
	newest   map[string]int64   // of totals
	backward []string           // times of totals that did not grow
}

type outage struct {
	from, to time.Duration
	answer   transport.Outcome
}

func (a *apart) Describe() transport.Description {
	return transport.Description{Name: a.temporality.String()}
}
func (a *apart) Temporality(transport.Kind) transport.Temporality { return a.temporality }
func (a *apart) Close(context.Context) error                      { return nil }

func (a *apart) Send(_ context.Context, b *transport.Batch) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	since := time.Since(a.begin)
	for _, o := range a.outages {
		if since >= o.from && since < o.to {
			return &transport.SendError{Outcome: o.answer, Err: errors.New("an outage")}
		}
	}
	for i := range b.Series {
		name := b.Series[i].Name
		for _, p := range b.Series[i].Points {
			key := fmt.Sprint(name, "@", p.Unix)
			switch a.temporality {
			case transport.Additive:
				a.values[key] += p.Value
			case transport.Overwrite:
				a.values[key] = p.Value
			default:
				if newest, known := a.newest[name]; known && p.Unix <= newest {
					a.backward = append(a.backward, key)
				}
				a.values[name], a.newest[name] = p.Value, p.Unix
			}
		}
	}
	return nil
}

// Backends of each temporality, each down at random times of its own, and points
// that are late at random: in the end each has what was submitted, as it wants it.
func TestBackendsThatFailApartEndAlike(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var failure any // rapid fails by a panic, which must not end in the bubble
		synctest.Test(t, func(t *testing.T) {
			defer func() { failure = recover() }()
			failApart(t.Context(), rt)
		})
		if failure != nil {
			panic(failure)
		}
	})
}

func failApart(ctx context.Context, t *rapid.T) {
	const seconds = 600
	backends := []*apart{{temporality: transport.Additive}, {temporality: transport.Overwrite}, {temporality: transport.Cumulative}}
	opts := quiet(stats.WithLateWindow(time.Minute), stats.WithFlushInterval(10*time.Second),
		stats.WithRollupInterval(time.Duration(rapid.SampledFrom([]int{1, 5, 10, 30}).Draw(t, "roll-up"))*time.Second))
	for _, b := range backends {
		b.begin, b.values, b.newest = time.Now(), map[string]float64{}, map[string]int64{}
		for range rapid.IntRange(0, 3).Draw(t, "outages") {
			from := time.Duration(rapid.IntRange(0, seconds).Draw(t, "from")) * time.Second
			b.outages = append(b.outages, outage{from, from + time.Duration(rapid.IntRange(1, 300).Draw(t, "length"))*time.Second,
				rapid.SampledFrom([]transport.Outcome{transport.Retry, transport.Denied}).Draw(t, "answer")})
		}
		opts = append(opts, stats.WithTransport(b))
	}
	c, err := stats.New(opts...)
	require.NoError(t, err)
	want := map[string]float64{}
	rng := rapid.IntRange(0, 9)
	for range seconds / 5 {
		time.Sleep(5 * time.Second)
		for range rng.Draw(t, "submissions") {
			name, n := fmt.Sprint("c", rng.Draw(t, "series")/4), int64(rng.Draw(t, "n"))
			if late := rng.Draw(t, "late"); late > 4 {
				c.At(time.Now().Add(-time.Duration(late)*5*time.Second)).Count(name, n)
			} else {
				c.Count(name, n)
			}
			want[name] += float64(n)
		}
	}
	time.Sleep(400 * time.Second) // the last outage has ended, and the last probe was made
	require.NoError(t, c.Shutdown(ctx))
	require.Zero(t, c.Ledger().RefusedTotal())
	for i, b := range backends {
		books := c.Ledger().Transports[i]
		require.True(t, books.Balanced())
		require.Zero(t, books.DroppedTotal(), "%+v", books)
		require.Empty(t, b.backward)
		got := map[string]float64{}
		for key, value := range b.values {
			name, _, _ := strings.Cut(key, "@")
			got[name] += value
		}
		require.Equal(t, want, got, b.temporality)
	}
	require.Equal(t, backends[0].values, backends[1].values, "bucket by bucket")
}
