package stats_test

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// At each bound something is left out, and what is left out is counted: the
// submissions are those that arrived and those refused.

func TestTimedPointsBeyondTheirMemoryAreCountedConcurrentSafe(t *testing.T) {
	for _, test := range []struct{ goroutines, procs int }{{1, 1}, {4, 2}, {8, 8}} {
		t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d", test.goroutines, test.procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
			a := new(tally)
			c, err := stats.New(stats.WithTransport(a), stats.WithManualFlush(), stats.WithClock(&fixedClock{now: noon}))
			require.NoError(t, err)
			const each = 60_000
			for round := range 2 { // a drain gives the memory back
				var wg sync.WaitGroup
				for g := range test.goroutines {
					wg.Go(func() {
						for i := range 8 * each / test.goroutines {
							c.At(noon.Add(-time.Duration(i%600)*time.Second)).Count("c", 1, strconv.Itoa(g))
						}
					})
				}
				wg.Wait()
				require.NoError(t, c.Flush(t.Context()))
				l := c.Ledger()
				full := l.Refused[transport.ReasonTimedFull]
				assert.Positive(t, full, "the bound was not reached")
				assert.Equal(t, full, l.RefusedTotal())
				assert.Equal(t, float64((round+1)*8*each), a.counts+float64(full))
				assert.Greater(t, a.counts, float64((round+1)*16<<20/256), "little of the memory was used")
			}
			require.NoError(t, c.Close())
		})
	}
}

func TestMembersBeyondASetsBoundAreCounted(t *testing.T) {
	const bound, members = 10_000, 25_000
	for name, drains := range map[string]int{"between two drains": 0, "over several drains": 5} {
		t.Run(name, func(t *testing.T) {
			c, m := newKept(t)
			for i := range members {
				c.Set("s", strconv.Itoa(i))
				if drains > 0 && i%(members/drains) == 0 {
					require.NoError(t, c.FlushAt(t.Context(), time.Unix(0, 0)))
				}
			}
			require.NoError(t, c.Flush(t.Context()))
			p, ok := m.Last("s")
			require.True(t, ok)
			assert.Len(t, p.Members, int(p.Value))
			assert.Equal(t, map[stats.Reason]uint64{transport.ReasonSetFull: members - uint64(p.Value)}, c.Ledger().Refused)
			assert.LessOrEqual(t, int(p.Value), bound)
			assert.Greater(t, int(p.Value), bound*9/10)

			// Those that are in it are no news, and are not refused.
			was := c.Ledger().RefusedTotal()
			for _, member := range p.Members[:100] {
				c.Set("s", member)
			}
			require.NoError(t, c.Flush(t.Context()))
			assert.Equal(t, was, c.Ledger().RefusedTotal())
		})
	}
}

func TestValuesBeyondADistributionsBoundAreCounted(t *testing.T) {
	const bound, values = 100_000, 250_000
	for name, drains := range map[string]int{"between two drains": 0, "over several drains": 5} {
		t.Run(name, func(t *testing.T) {
			c, m := newKept(t)
			d := c.NewDistribution("d")
			for i := range values {
				d.Observe(float64(i))
				if drains > 0 && i%(values/drains) == 0 {
					require.NoError(t, c.FlushAt(t.Context(), time.Unix(0, 0)))
				}
			}
			require.NoError(t, c.Flush(t.Context()))
			arrived := m.Observations("d")
			// What finds no page goes through the log of timed points, which has a bound of its own.
			l := c.Ledger()
			assert.Equal(t, values-uint64(arrived), l.RefusedTotal())
			assert.Equal(t, l.RefusedTotal(), l.Refused[transport.ReasonDistributionFull]+l.Refused[transport.ReasonTimedFull])
			assert.LessOrEqual(t, arrived, float64(bound))
			assert.Greater(t, arrived, float64(bound)*9/10)
		})
	}
}

func TestATimestampOutsideTheAcceptedAgeIsCountedAndAnyOtherKept(t *testing.T) {
	for name, test := range map[string]struct {
		at     time.Time
		reason stats.Reason
	}{
		"now":                 {noon, ""},
		"a second ahead":      {noon.Add(time.Second), ""},
		"ten minutes ahead":   {noon.Add(10 * time.Minute), ""},
		"and a second":        {noon.Add(10*time.Minute + time.Second), transport.ReasonTooNew},
		"a year ahead":        {noon.AddDate(1, 0, 0), transport.ReasonTooNew},
		"the year 9999":       {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), transport.ReasonTooNew},
		"the end of time":     {time.Unix(math.MaxInt64, 0), transport.ReasonTooNew},
		"an hour old":         {noon.Add(-time.Hour), ""},
		"and a second older":  {noon.Add(-time.Hour - time.Second), transport.ReasonTooOld},
		"two hours old":       {noon.Add(-2 * time.Hour), transport.ReasonTooOld},
		"the epoch":           {time.Unix(0, 0), transport.ReasonTooOld},
		"before the epoch":    {time.Unix(-1, 0), transport.ReasonTooOld},
		"the dawn of time":    {time.Unix(math.MinInt64, 0), transport.ReasonTooOld},
		"no time at all":      {time.Time{}, ""},
		"with a fine measure": {noon.Add(999 * time.Millisecond), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, m := newKept(t)
			c.At(test.at).Count("m", 3)
			c.Count("neighbour", 1)
			require.NoError(t, c.Flush(t.Context()))
			want := map[stats.Reason]uint64{}
			if test.reason != "" {
				want[test.reason] = 1
			}
			assert.Equal(t, want, c.Ledger().Refused)
			assert.Equal(t, 1.0, m.Sum("neighbour"))
			p, ok := m.Last("m")
			require.Equal(t, test.reason == "", ok)
			if at := test.at; ok && !at.IsZero() {
				assert.Equal(t, 3.0, p.Value)
				assert.LessOrEqual(t, p.Unix, at.Unix())
				assert.Greater(t, p.Unix, at.Unix()-10)
				assert.Zero(t, p.Unix%10)
			}

			// Where any age goes, all of them go.
			c, m = newKept(t, stats.WithMaxAge(0, 0))
			c.At(test.at).Count("m", 3)
			c.At(test.at).Gauge("g", 3)
			require.NoError(t, c.Flush(t.Context()))
			require.NoError(t, c.Flush(t.Context()))
			assert.Equal(t, 3.0, m.Sum("m"))
			assert.Equal(t, 3.0, m.Sum("g"))
			assert.Empty(t, c.Ledger().Refused)
		})
	}
}
