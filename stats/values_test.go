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

func nan() float64 { return math.NaN() }
func inf() float64 { return math.Inf(1) }

// noon is inside every roll-up bucket, never at its edge.
var noon = epoch.Add(12 * time.Second)

// newKept returns a manual client at noon and the transport that keeps what it
// sends.
func newKept(t *testing.T, opts ...stats.Option) (*stats.Client, *memory.Transport) {
	t.Helper()
	m := memory.New()
	c, err := stats.New(append([]stats.Option{
		stats.WithTransport(m), stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, m
}

func TestAValueThatIsNotFiniteIsRefusedAndItsNeighboursArrive(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for name, submit := range map[string]func(c *stats.Client, v float64){
			"count":        func(c *stats.Client, v float64) { c.CountFloat("m", v) },
			"gauge":        func(c *stats.Client, v float64) { c.Gauge("m", v) },
			"gauge add":    func(c *stats.Client, v float64) { c.GaugeAdd("m", v) },
			"histogram":    func(c *stats.Client, v float64) { c.Histogram("m", v) },
			"distribution": func(c *stats.Client, v float64) { c.Distribution("m", v) },
			"counter":      func(c *stats.Client, v float64) { c.NewCounter("m").AddFloat(v) },
			"several":      func(c *stats.Client, v float64) { c.NewHistogram("m").ObserveN([]float64{v}) },

			"timed count":        func(c *stats.Client, v float64) { c.At(noon).CountFloat("m", v) },
			"timed gauge":        func(c *stats.Client, v float64) { c.At(noon).Gauge("m", v) },
			"timed histogram":    func(c *stats.Client, v float64) { c.At(noon).Histogram("m", v) },
			"timed distribution": func(c *stats.Client, v float64) { c.At(noon).Distribution("m", v) },
		} {
			t.Run(fmt.Sprint(name, " of ", bad), func(t *testing.T) {
				c, m := newKept(t, stats.WithRollupInterval(time.Hour)) // one bucket
				submit(c, 2)
				submit(c, bad)
				submit(c, 2)
				require.NoError(t, c.Flush(t.Context()))
				l := c.Ledger()
				assert.Equal(t, map[stats.Reason]uint64{transport.ReasonBadValue: 1}, l.Refused)
				last, ok := m.Last("m")
				require.True(t, ok)
				switch {
				case last.Summary != nil:
					assert.Equal(t, 2.0, last.Summary.Count)
					assert.Equal(t, 4.0, last.Summary.Sum)
					assert.Equal(t, 2.0, last.Summary.Max)
				case name == "gauge", name == "timed gauge":
					assert.Equal(t, 2.0, last.Value)
				default: // counts, and relative changes
					assert.Equal(t, 4.0, last.Value)
				}
			})
		}
	}
}

func TestACountersSignNeverFlips(t *testing.T) {
	for name, test := range map[string]struct {
		submit func(c *stats.Client)
		low    float64
		high   float64
	}{
		"MaxInt64 + 1": {func(c *stats.Client) { c.Count("m", math.MaxInt64); c.Count("m", 1) }, math.MaxInt64, math.MaxInt64},
		"MinInt64 - 1": {func(c *stats.Client) { c.Count("m", math.MinInt64); c.Count("m", -1) }, math.MinInt64, math.MinInt64},
		"MaxInt64 + MaxInt64": {func(c *stats.Client) { c.Count("m", math.MaxInt64); c.Count("m", math.MaxInt64) },
			math.MaxInt64, 2 * math.MaxInt64},
		"three times 2^62, floats": {func(c *stats.Client) {
			for range 3 {
				c.CountFloat("m", 1<<62)
			}
		}, 3 << 62, 3 << 62},
		"three times 2^62": {func(c *stats.Client) {
			for range 3 {
				c.Count("m", 1<<62)
			}
		}, math.MaxInt64, 3 << 62},
		"three times 2^62, a drain between": {func(c *stats.Client) {
			for range 3 {
				c.Count("m", 1<<62)
				_ = c.FlushAt(t.Context(), time.Unix(0, 0))
			}
		}, math.MaxInt64, 3 << 62},
		"three times 2^62 at a time of their own": {func(c *stats.Client) {
			for range 3 {
				c.At(noon).Count("m", 1<<62)
			}
		}, math.MaxInt64, 3 << 62},
		"up and down": {func(c *stats.Client) {
			c.Count("m", math.MaxInt64)
			c.Count("m", -math.MaxInt64)
			c.Count("m", 5)
		}, 5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			c, m := newKept(t, stats.WithRollupInterval(time.Hour))
			test.submit(c)
			require.NoError(t, c.Flush(t.Context()))
			p, ok := m.Last("m")
			require.True(t, ok)
			assert.GreaterOrEqual(t, p.Value, test.low)
			assert.LessOrEqual(t, p.Value, test.high)
		})
	}
}

func TestEveryFiniteValueGoesThroughAsItIs(t *testing.T) {
	for _, v := range []float64{
		math.Copysign(0, -1), 0, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 5e-310,
		1e-308, 1e308, -1e308, math.MaxFloat64, 0.1, 1.0 / 3, 1<<53 + 1, math.Nextafter(1, 2),
	} {
		c, m := newKept(t)
		c.Gauge("gauge", v)
		c.Histogram("histogram", v)
		c.Distribution("distribution", v)
		c.At(noon).Gauge("timed", v)
		c.CountFloat("count", v)
		require.NoError(t, c.Flush(t.Context()))
		same := func(got float64, what string) {
			t.Helper()
			assert.Equal(t, math.Float64bits(v), math.Float64bits(got), "%s of %v came as %v", what, v, got)
		}
		for _, name := range []string{"gauge", "timed"} {
			p, ok := m.Last(name)
			require.True(t, ok, "%s of %v", name, v)
			same(p.Value, name)
		}
		for _, name := range []string{"histogram", "distribution"} {
			p, ok := m.Last(name)
			require.True(t, ok, "%s of %v", name, v)
			require.Len(t, p.Summary.Samples, 1)
			same(p.Summary.Samples[0].Value, name)
			assert.Equal(t, v, p.Summary.Min)
			assert.Equal(t, v, p.Summary.Max)
			assert.Equal(t, v, p.Summary.Sum)
		}
		p, ok := m.Last("count")
		require.True(t, ok)
		assert.Equal(t, v, p.Value)
		assert.Empty(t, c.Ledger().Refused)
	}
}

func TestASumThatOverflowsIsWithheldAndCounted(t *testing.T) {
	for name, submit := range map[string]func(c *stats.Client){
		"a counter's":      func(c *stats.Client) { c.CountFloat("m", 1e308); c.CountFloat("m", 1e308) },
		"a histogram's":    func(c *stats.Client) { c.Histogram("m", 1e308); c.Histogram("m", 1e308) },
		"a distribution's": func(c *stats.Client) { c.Distribution("m", 1e308); c.Distribution("m", 1e308) },
		"timed counts": func(c *stats.Client) {
			c.At(noon).CountFloat("m", -1e308)
			c.At(noon).CountFloat("m", -1e308)
		},
		"over two drains": func(c *stats.Client) {
			c.CountFloat("m", 1e308)
			_ = c.FlushAt(t.Context(), time.Unix(0, 0))
			c.CountFloat("m", 1e308)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, m := newKept(t, stats.WithRollupInterval(time.Hour))
			submit(c)
			c.Count("neighbour", 1)
			require.NoError(t, c.Flush(t.Context()))
			_, ok := m.Last("m")
			assert.False(t, ok, "a sum that is not finite was sent")
			assert.Equal(t, 1.0, m.Sum("neighbour"))
			b := c.Ledger().Transports[0]
			assert.True(t, b.Balanced())
			assert.EqualValues(t, 1, b.Dropped[transport.ReasonOverflowSum])
		})
	}
}

func TestARelativeChangeBeyondAllNumbersIsRefused(t *testing.T) {
	c, m := newKept(t)
	c.GaugeAdd("m", 1e308)
	c.GaugeAdd("m", 1e308)
	require.NoError(t, c.Flush(t.Context()))
	p, ok := m.Last("m")
	require.True(t, ok)
	assert.Equal(t, 1e308, p.Value)
	assert.EqualValues(t, 1, c.Ledger().Refused[transport.ReasonBadValue])
}
