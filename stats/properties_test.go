package stats_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// Properties of what comes out, whatever goes in.

// submission is one call with a timestamp.
type submission struct {
	kind  string
	name  string
	at    int64 // seconds after noon, may be negative
	value float64
	tag   string
}

func (s *submission) submit(c *stats.Client) {
	k := c.At(noon.Add(time.Duration(s.at) * time.Second))
	switch s.kind {
	case "count":
		k.Count(s.name, int64(s.value), s.tag)
	case "float":
		k.CountFloat(s.name, s.value, s.tag)
	case "gauge":
		k.Gauge(s.name, s.value, s.tag)
	case "histogram":
		k.Histogram(s.name, s.value, s.tag)
	case "distribution":
		k.Distribution(s.name, s.value, s.tag)
	case "set":
		k.Set(s.name, fmt.Sprint(s.value), s.tag)
	}
}

func drawSubmissions(kinds ...string) *rapid.Generator[[]submission] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) submission {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		return submission{
			kind: kind, name: kind, tag: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tag"),
			at:    rapid.Int64Range(-40, 40).Draw(t, "at"),
			value: float64(rapid.IntRange(-8000, 8000).Draw(t, "value")) / 8, // sums of them are exact
		}
	}), 1, 120)
}

// flat is what a backend of flat points has in the end: the last value of each
// series and time, or their sum if it adds up.
func flat(m *memory.Transport, adds bool) map[string]float64 {
	out := map[string]float64{}
	for _, s := range m.Series() {
		for _, p := range s.Points {
			key := fmt.Sprintf("%s %v %d", s.Name, s.Tags, p.Unix)
			if adds {
				out[key] += p.Value
			} else {
				out[key] = p.Value
			}
		}
	}
	return out
}

func keepsLast() memory.Option {
	return memory.WithTemporality(func(transport.Kind) transport.Temporality { return transport.Overwrite })
}

// newProperty returns a manual client with two backends that overwrite, one for
// each profile.
func newProperty(t require.TestingT, shards int) (c *stats.Client, plain, threadStats *memory.Transport) {
	plain, threadStats = memory.New(memory.Flat(), keepsLast()), memory.New(memory.Flat(), keepsLast())
	c, err := stats.New(stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}), stats.WithShards(shards),
		stats.WithTransport(plain), stats.WithTransport(threadStats, stats.UseProfile(stats.ProfileThreadStats)))
	require.NoError(t, err)
	return c, plain, threadStats
}

// The same submissions in another order, from other goroutines, over another
// number of shards, come out the same: counts, extremes, percentiles (the
// reservoir holds all), members, and here sums too, since these are exact.
func TestOrderAndShardsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSubmissions("count", "float", "histogram", "distribution", "set").Draw(t, "all")
		run := func(order []submission, shards, goroutines int) (map[string]float64, map[string]float64) {
			c, plain, threadStats := newProperty(t, shards)
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := g; i < len(order); i += goroutines {
						order[i].submit(c)
					}
				})
			}
			wg.Wait()
			require.NoError(t, c.Close())
			return flat(plain, false), flat(threadStats, false)
		}
		plain, threadStats := run(all, 1, 1)
		shuffled := slices.Clone(all)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		otherPlain, otherThreadStats := run(shuffled, 8, 3)
		assert.Equal(t, plain, otherPlain)
		assert.Equal(t, threadStats, otherThreadStats)
		assert.NotEmpty(t, plain)
	})
}

// Float sums may differ by the rounding of their order, and by no more.
func TestOrderChangesFloatSumsByRoundingOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 1, 200).Draw(t, "values")
		sum := func(values []float64, shards int) float64 {
			c, plain, _ := newProperty(t, shards)
			for _, v := range values {
				c.CountFloat("f", v)
			}
			require.NoError(t, c.Close())
			return plain.Sum("f")
		}
		size := 0.0
		for _, v := range values {
			size += math.Abs(v)
		}
		shuffled := slices.Clone(values)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		assert.InDelta(t, sum(values, 1), sum(shuffled, 4), float64(len(values))*0x1p-52*size)
	})
}

// A flush at the time of the last one sends nothing.
func TestAFlushTwiceIsAFlushOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, plain, threadStats := newProperty(t, 2)
		for _, s := range drawSubmissions("count", "gauge", "histogram", "set").Draw(t, "all") {
			s.submit(c)
		}
		cut := noon.Add(time.Duration(rapid.Int64Range(-60, 60).Draw(t, "cut")) * time.Second)
		require.NoError(t, c.FlushAt(context.Background(), cut))
		points := len(plain.Series())
		plain.Reset()
		threadStats.Reset()
		require.NoError(t, c.FlushAt(context.Background(), cut))
		assert.Empty(t, plain.Series(), "after %d points", points)
		assert.Empty(t, threadStats.Series())
		require.NoError(t, c.Close())
	})
}

// Of the values of a gauge in one bucket the one submitted last is sent, however
// they are stamped; one without a timestamp wins over those with one.
func TestTheLastGaugeWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, plain, threadStats := newProperty(t, rapid.SampledFrom([]int{1, 4}).Draw(t, "shards"))
		want := map[string]float64{}
		untimed := map[string]bool{}
		note := func(s *submission, unix int64) string {
			bucket := int64(math.Floor(float64(unix)/10)) * 10
			tags := []string{}
			if s.tag != "" {
				tags = append(tags, s.tag)
			}
			return fmt.Sprintf("gauge %v %d", tags, bucket)
		}
		for _, s := range drawSubmissions("gauge").Draw(t, "all") {
			if rapid.IntRange(0, 5).Draw(t, "untimed") == 0 {
				c.Gauge(s.name, s.value, s.tag)
				key := note(&s, noon.Unix()-1)
				want[key], untimed[key] = s.value, true
				continue
			}
			s.submit(c)
			if key := note(&s, noon.Unix()+s.at); !untimed[key] {
				want[key] = s.value
			}
		}
		require.NoError(t, c.Close())
		assert.Equal(t, want, flat(plain, false))
		assert.Equal(t, want, flat(threadStats, false))
	})
}

// Late points, with flushes at any moment: the last value that a backend that
// overwrites gets for a series and bucket, and the sum of what one that adds up
// gets, is what was submitted.
func TestLatePointsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keeping, adding := memory.New(memory.Flat(), keepsLast()), memory.New(memory.Flat())
		rates := memory.New(memory.Flat(), keepsLast())
		c, err := stats.New(stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}),
			stats.WithAggregates(stats.AggregateCount, stats.AggregateSum),
			stats.WithTransport(keeping), stats.WithTransport(adding),
			stats.WithTransport(rates, stats.UseProfile(stats.ProfileThreadStats)))
		require.NoError(t, err)
		want := map[string]float64{}
		for _, s := range drawSubmissions("count", "histogram").Draw(t, "all") {
			s.submit(c)
			tags := []string{}
			if s.tag != "" {
				tags = append(tags, s.tag)
			}
			bucket := int64(math.Floor(float64(noon.Unix()+s.at)/10)) * 10
			if s.kind == "count" {
				want[fmt.Sprintf("count %v %d", tags, bucket)] += math.Trunc(s.value)
			} else {
				want[fmt.Sprintf("histogram.count %v %d", tags, bucket)]++
				want[fmt.Sprintf("histogram.sum %v %d", tags, bucket)] += s.value
			}
			switch rapid.IntRange(0, 9).Draw(t, "flush") {
			case 0:
				require.NoError(t, c.Flush(context.Background()))
			case 1:
				require.NoError(t, c.FlushAt(context.Background(), noon.Add(time.Duration(s.at)*time.Second)))
			}
		}
		require.NoError(t, c.Close())
		assert.Equal(t, want, flat(keeping, false))
		perSecond := maps.Clone(want)
		for key := range perSecond {
			if !strings.HasPrefix(key, "histogram.sum") {
				perSecond[key] /= 10
			}
		}
		assert.Equal(t, perSecond, flat(rates, false))
		for key, v := range flat(adding, true) {
			if !strings.HasPrefix(key, "histogram.sum") { // a gauge: it cannot be added up
				assert.Equal(t, want[key], v, key)
			}
		}
	})
}

// Sampled observations, whatever 1/rate is: count, sum and average agree.
func TestSampledFiguresAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.01, 1).Draw(t, "rate")
		value := rapid.Float64Range(-1e6, 1e6).Draw(t, "value")
		c, plain, threadStats := newProperty(t, 2)
		for range 300 {
			c.Sampled(rate).At(noon).Histogram("h", value)
			c.Sampled(rate).At(noon).Count("c", 3)
		}
		require.NoError(t, c.Close())
		if len(plain.Series()) == 0 {
			return // nothing was drawn
		}
		if n := plain.Sum("h.count"); n > 0 {
			close := 1e-9 * (1 + math.Abs(value))
			assert.InDelta(t, value, plain.Sum("h.avg"), close)
			assert.InDelta(t, value*n, plain.Sum("h.sum"), close*n)
			assert.InDelta(t, n/10, threadStats.Sum("h.count"), 1e-9*n)
			kept := n * rate
			assert.InDelta(t, math.Round(kept), kept, 1e-6)
		}
		kept := plain.Sum("c") * rate / 3
		assert.InDelta(t, math.Round(kept), kept, 1e-6)
	})
}

// Hosts that come and go under submitters and swaps: nothing is lost.
func TestHostsUnderSwapsConcurrentSafe(t *testing.T) {
	const submitters, each, hosts = 4, 20_000, 300
	m := memory.New()
	c, err := stats.New(stats.WithTransport(m), stats.WithSeriesLimit(200), stats.WithManualFlush())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for w := range submitters {
		wg.Go(func() {
			for i := range each {
				k := c.OnHost(fmt.Sprint("host", (i*7+w)%hosts))
				switch i % 4 {
				case 0:
					k.At(time.Now()).Count("c", 1)
				case 1:
					k.Sampled(1).Count("c", 1)
				default:
					k.Increment("c")
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			require.NoError(t, c.Flush(t.Context()))
		}
	}
	require.NoError(t, c.Close())
	total := 0.0
	for _, n := range byHost(m, "c") {
		total += n
	}
	assert.Equal(t, float64(submitters*each), total)
	assert.Zero(t, c.Ledger().RefusedTotal())
}
