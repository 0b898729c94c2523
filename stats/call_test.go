package stats_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// byHost returns the value of each series of a name by its host; "<none>" is the
// one without.
func byHost(m *memory.Transport, name string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range m.Series() {
		if s.Name != name {
			continue
		}
		host := "<none>"
		if s.HostSet {
			host = s.Host
		}
		for _, p := range s.Points {
			out[host] += p.Value
		}
	}
	return out
}

func TestHosts(t *testing.T) {
	c, m := newKept(t)
	c.OnHost("").Gauge("g", 12)
	c.Gauge("g", 10)
	c.OnHost("test").Gauge("g", 15)
	c.Count("c", 2)
	c.OnHost("test").Count("c", 1)
	c.OnHost("other").OnHost("test").Count("c", 4)
	c.With("tag").OnHost("test").Count("tagged", 1)
	c.OnHost("test").At(noon).Count("late", 1)
	c.At(noon).OnHost("test").Count("late", 2)
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, map[string]float64{"": 12, "<none>": 10, "test": 15}, byHost(m, "g"), "\"\" is a host of its own")
	assert.Equal(t, map[string]float64{"<none>": 2, "test": 5}, byHost(m, "c"), "the last host given wins")
	assert.Equal(t, map[string]float64{"test": 1}, byHost(m, "tagged"))
	assert.Equal(t, 1.0, m.Sum("tagged", "tag"))
	assert.Equal(t, map[string]float64{"test": 3}, byHost(m, "late"))
}

func TestAHostOverridesTheClients(t *testing.T) {
	c, m := newKept(t, stats.WithHost("home"))
	c.Count("c", 1)
	c.OnHost("away").Count("c", 2)
	c.OnHost("home").Count("c", 4)
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, map[string]float64{"home": 5, "away": 2}, byHost(m, "c"))
}

func TestHostsAreCleanedAndKeptApart(t *testing.T) {
	c, m := newKept(t)
	long := string(make([]byte, 300))
	hosts := []string{"a\nb", "a\rb", "\xff", long, long + "x", string(make([]byte, 1<<20))}
	for _, h := range hosts {
		c.OnHost(h).Count("c", 1)
	}
	require.NoError(t, c.Flush(t.Context()))
	got := byHost(m, "c")
	assert.Equal(t, 2.0, got["a_b"], "two that are one when cleaned")
	assert.Equal(t, 1.0, got["_"])
	total := 0.0
	for h, n := range got {
		assert.LessOrEqual(t, len(h), 200)
		total += n
	}
	assert.Equal(t, float64(len(hosts)), total)
	assert.Len(t, got, 5)
}

// More hosts than there may be series: those met long ago are forgotten and met
// again, and nothing is lost.
func TestManyHosts(t *testing.T) {
	c, m := newKept(t, stats.WithSeriesLimit(64))
	for range 3 {
		for i := range 500 {
			c.OnHost(fmt.Sprint("host", i)).Count("c", 1)
		}
	}
	require.NoError(t, c.Flush(t.Context()))
	total := 0.0
	for _, n := range byHost(m, "c") {
		total += n
	}
	assert.Equal(t, 1500.0, total)
}

func TestSampledCountersWeighTheirRate(t *testing.T) {
	const n = 20_000
	for _, rate := range []float64{0.1, 0.3, 0.5, 1} {
		c, m := newKept(t)
		for range n {
			c.Sampled(rate).Increment("c")
			c.Sampled(rate).At(noon).Count("timed", 1)
			c.Sampled(rate).CountFloat("f", 0.5)
		}
		require.NoError(t, c.Flush(t.Context()))
		sigma := math.Sqrt(n * (1 - rate) / rate)
		for name, value := range map[string]float64{"c": 1, "timed": 1, "f": 0.5} {
			got := m.Sum(name) / value
			assert.InDelta(t, n, got, 5*sigma+1e-6, "%s at %v", name, rate)
			kept := got * rate
			assert.InDelta(t, math.Round(kept), kept, 1e-6, "%s at %v: each kept one weighs 1/rate", name, rate)
			if rate < 1 {
				assert.Less(t, kept, float64(n), "some are left out")
			}
		}
	}
}

func TestSampledObservationsWeighTheirRate(t *testing.T) {
	const n, rate = 5_000, 0.3
	c, m := newKept(t, stats.WithReservoirSize(n))
	weight := 1 / float64(rate)
	for i := range n {
		c.Sampled(rate).Histogram("h", float64(i%10))
		c.Sampled(rate).At(noon).Timing("t", time.Duration(i%10)*time.Millisecond)
		c.Sampled(rate).Distribution("d", float64(i%10))
	}
	require.NoError(t, c.Flush(t.Context()))
	seen := 0
	for _, s := range m.Series() {
		p := s.Points[0].Summary
		kept, sum := 0.0, 0.0
		for _, x := range p.Samples {
			require.Equal(t, weight, x.Weight, "%s: exactly 1/rate", s.Name)
			kept++
			sum += x.Value * x.Weight
		}
		assert.InDelta(t, n*rate, kept, 5*math.Sqrt(n*rate*(1-rate)), s.Name)
		assert.InEpsilon(t, kept*weight, p.Count, 1e-9, "%s: the count is that of the samples", s.Name)
		assert.InEpsilon(t, sum, p.Sum, 1e-9, "%s: and so is the sum", s.Name)
		seen++
	}
	assert.Equal(t, 3, seen)
}

// Whole weights keep whole counts whole; large ones do not overflow.
func TestSampledCountersStayExact(t *testing.T) {
	c, m := newKept(t)
	for c.Ledger().Series < 1 { // until one is drawn
		c.Sampled(0.5).Count("large", math.MaxInt64)
	}
	for range 1000 {
		c.Sampled(0.25).Count("odd", 1<<52+1)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, 0x1p64, m.Sum("large"), "beyond what an integer holds")
	assert.Zero(t, math.Mod(m.Sum("odd"), 4))
}

func TestGaugesSetsAndRatesIgnoreTheSamplingRate(t *testing.T) {
	c, m := newKept(t)
	for _, rate := range []float64{1e-9, 0, nan()} {
		name := fmt.Sprint(rate)
		c.Sampled(rate).Gauge("g", 1, name)
		c.Sampled(rate).GaugeAdd("a", 1, name)
		c.Sampled(rate).Set("s", "m", name)
		c.Sampled(rate).At(noon.Add(-time.Second)).Rate("r", 1, name)
		c.Sampled(rate).At(noon).Rate("r", 3, name)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, m.Series(), 12)
	assert.Zero(t, c.Ledger().RefusedTotal())
	assert.Equal(t, 6.0, m.Sum("r"))
}

func TestBadRatesAreRefusedAndCounted(t *testing.T) {
	c, m := newKept(t)
	rates := []float64{0, -1, 1.0000001, nan(), inf(), math.SmallestNonzeroFloat64}
	for _, rate := range rates {
		k := c.Sampled(rate)
		k.Increment("c")
		k.Decrement("c")
		k.CountFloat("c", 1)
		k.Histogram("h", 1)
		k.Distribution("d", 1)
		k.At(noon).Timing("t", 1)
		k.Sampled(1).Count("good", 1) // the last one wins
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonBadRate: uint64(6 * len(rates))}, c.Ledger().Refused)
	require.Len(t, m.Series(), 1)
	assert.Equal(t, float64(len(rates)), m.Sum("good"))
}

func TestABadValueIsRefusedWhateverTheDraw(t *testing.T) {
	c, _ := newKept(t)
	for range 100 {
		k := c.Sampled(0.5)
		k.CountFloat("c", nan())
		k.Histogram("h", inf())
		k.Distribution("d", nan())
	}
	assert.Equal(t, uint64(300), c.Ledger().Refused[transport.ReasonBadValue])
}

func TestRates(t *testing.T) {
	clock := &fixedClock{now: noon}
	c, m := newKept(t, stats.WithClock(clock))
	h := c.NewRate("handle", "a:b")
	for i := range 3 {
		clock.now = noon.Add(time.Duration(i) * 2 * time.Second)
		c.Rate("r", float64(i*i)) // 0, 1, 4
		h.Observe(10 * float64(i))
		c.OnHost("x").Rate("r", float64(i))
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, map[string]float64{"<none>": 1.5, "x": 0.5}, byHost(m, "r"))
	assert.Equal(t, 5.0, m.Sum("handle", "a:b"))
	for _, s := range m.Series() {
		assert.Equal(t, transport.KindRate, s.Kind)
	}
	m.Reset()
	clock.now = noon.Add(14 * time.Second)
	c.Rate("r", 14)
	c.Rate("r", nan())
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, 1.0, m.Sum("r"), "the last sample is kept over flushes")
	assert.Equal(t, uint64(1), c.Ledger().Refused[transport.ReasonBadValue])
}
