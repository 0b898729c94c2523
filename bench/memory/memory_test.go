package memory

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/peers"
)

func TestMain(m *testing.M) {
	serveSoak()
	ChildMain(libraries()) // the tests measure in processes of their own
	goleak.VerifyTestMain(m)
}

func libraries() []peers.Library {
	return []peers.Library{peers.Shardstats(), hoarder(), broken(), peers.Atomic()}
}

// What the hoarder keeps of a counter that it sees for the first time, and holds of
// each submission until the flush.
const (
	keptBytes = 512
	heldBytes = 64
)

// hoarder is a library that is known to keep so much and no more.
func hoarder() peers.Library {
	return peers.Library{Name: "hoarder", New: func(io.Writer) (*peers.Session, error) {
		var mu sync.Mutex
		kept := map[*peers.Series]*[keptBytes]byte{}
		var held []*[heldBytes]byte
		return &peers.Session{
			Count: func(_ peers.Strings, over peers.Over) peers.Submit {
				return func(n int) {
					mu.Lock()
					defer mu.Unlock()
					for i := range n {
						series := &over.Series[i%len(over.Series)]
						if kept[series] == nil {
							kept[series] = new([keptBytes]byte)
						}
						held = append(held, new([heldBytes]byte))
					}
				}
			},
			Flush: func() error {
				held = nil
				return nil
			},
			Close: func() error { return nil },
		}, nil
	}}
}

func broken() peers.Library {
	return peers.Library{Name: "broken", New: func(io.Writer) (*peers.Session, error) {
		return &peers.Session{
			Count: func(peers.Strings, peers.Over) peers.Submit { return func(int) {} },
			Flush: func() error { return errors.New("no disk") },
			Close: func() error { return nil },
		}, nil
	}}
}

func TestWhatALibraryKeepsAndHoldsIsSeen(t *testing.T) {
	const series = 20_000
	cost, err := InChild(t.Context(), Case{Library: "hoarder", Kind: Counter, Series: series})
	require.NoError(t, err)
	const table = 64 // a map's slot, and the slice of what is held
	assert.InDelta(t, keptBytes, cost.Flushed, table)
	assert.InDelta(t, keptBytes+2*heldBytes, cost.Full, 2*table, "two goroutines submit once each")
	assert.InDelta(t, keptBytes+2*heldBytes, cost.First, 2*table)
	assert.Positive(t, cost.Seconds)
}

func TestASampleOfAHistogramIsSeen(t *testing.T) {
	one, err := InChild(t.Context(), Case{Library: Ours, Kind: Histogram, Series: 200, Observations: 1})
	require.NoError(t, err)
	many, err := InChild(t.Context(), Case{Library: Ours, Kind: Histogram, Series: 200, Observations: 1000})
	require.NoError(t, err)
	assert.Greater(t, many.Full-one.Full, 8*999*0.9, "a sample is eight bytes")
}

func TestALibraryWithoutAKindIsNoFailure(t *testing.T) {
	cost, err := InChild(t.Context(), Case{Library: "hoarder", Kind: Gauge, Series: 2})
	require.NoError(t, err)
	assert.Equal(t, "it has none", cost.Skipped)
}

func TestAProcessThatCannotMeasureSaysWhy(t *testing.T) {
	_, err := InChild(t.Context(), Case{Library: "nobody's", Kind: Counter, Series: 2})
	assert.ErrorContains(t, err, `no library "nobody's"`)
	_, err = InChild(t.Context(), Case{Library: "broken", Kind: Counter, Series: 2})
	assert.ErrorContains(t, err, "broken: 2 counters: flush 0: no disk")

	for _, c := range []Case{
		{Library: Ours, Kind: "set", Series: 2},
		{Library: Ours, Kind: Counter},
		{Library: Ours, Kind: Histogram, Series: 2},
	} {
		_, err := Measure(c, libraries())
		assert.ErrorContains(t, err, "give ", "%s", c)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = InChild(ctx, Case{Library: Ours, Kind: Counter, Series: 2})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestSeriesDifferAndHaveThreeTags(t *testing.T) {
	for _, long := range []bool{false, true} {
		seen := map[string]bool{}
		for _, s := range makeSeries(1000, long) {
			seen[strings.Join(s.Tags[:], "|")] = true
			assert.Equal(t, long, len(s.Tags[0]) > 20)
			for i, key := range []string{"route", "method", "status"} {
				assert.Equal(t, key+":"+s.Values[i], s.Tags[i])
			}
		}
		assert.Len(t, seen, 1000)
	}
}

func TestEachSeriesGetsItsObservations(t *testing.T) {
	all := makeSeries(101, false)
	for _, observations := range []int{1, 2, 7} {
		got := map[string]int{}
		var mu sync.Mutex
		target := target{session: &peers.Session{Observe: func(_ peers.Strings, over peers.Over) peers.Submit {
			at := 0
			return func(n int) {
				mu.Lock()
				defer mu.Unlock()
				for range n {
					got[over.Series[at%len(over.Series)].ID]++
					at++
				}
			}
		}}}
		require.NoError(t, target.prepare(Histogram, all))
		for turn := range 4 {
			target.submit(Case{Kind: Histogram, Observations: observations}, turn)
		}
		assert.Len(t, got, len(all))
		for _, n := range got {
			assert.Equal(t, 4*observations, n)
		}
	}
}

func TestAProfileIsWritten(t *testing.T) {
	plan := Plan{Profile: t.TempDir()}
	c := Case{Library: Ours, Kind: Counter, Series: 1000}
	path := plan.profile(c)
	assert.Equal(t, "shardstats--1000-counters.pprof", filepath.Base(path))
	c.Profile = path
	_, err := InChild(t.Context(), c)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.NotEmpty(t, text)
}

func TestRunMeasuresThePlan(t *testing.T) {
	plan := Plan{
		Series: []int{100, 1000}, Kinds: []Kind{Counter, Gauge}, Shards: []int{2, 16},
		Only: []string{Ours, "hoarder"}, Budget: time.Minute, Longest: time.Minute,
	}
	steps := 0
	r, err := Run(t.Context(), plan, libraries(), func(done, total int, _ string) {
		assert.Equal(t, steps, done)
		assert.Equal(t, 12, total)
		steps++
	})
	require.NoError(t, err)
	assert.Equal(t, 12, steps)
	assert.NotNil(t, r.cost(Case{Library: Ours, Kind: Counter, Series: 1000, Shards: 16}))
	table := r.Markdown()
	assert.Regexp(t, `\| counter \| shardstats \| \d+ / \d+ / \d+ \| \d+ / \d+ / \d+ \|`, table)
	assert.Regexp(t, `\| gauge \| shardstats \|`, table)
	assert.NotContains(t, table, "| gauge | hoarder")
	_, lines, err := benchfmt.Parse(r.Raw())
	require.NoError(t, err)
	require.Len(t, lines, 10)
	assert.Contains(t, lines[0].Name, "by=shardstats/kind=counter")
	assert.Len(t, lines[0].Values, 4)
	svg, err := r.Plots()
	require.NoError(t, err)
	assert.Contains(t, string(svg["memory-series.svg"]), "hoarder")
}

func TestAPlanThatIsNoneSaysWhy(t *testing.T) {
	_, err := Run(t.Context(), Plan{Series: []int{3, 2}, Kinds: []Kind{Histogram}, Observations: []int{0}}, libraries(), nil)
	for _, part := range []string{"series [3 2]", "budget 0s", "histograms of 0"} {
		assert.ErrorContains(t, err, part)
	}
	plan := Standard
	plan.Only = []string{"nobody's"}
	_, err = Run(t.Context(), plan, libraries(), nil)
	assert.ErrorContains(t, err, `give some of ["shardstats"`)
}

// result is one whose figures are known.
func result() *Result {
	plan := Plan{Series: []int{1000, 100_000}, Kinds: []Kind{Counter, Histogram}, Observations: []int{1, 101}, Shards: []int{2, 64}, Longest: time.Minute}
	r := &Result{Plan: plan, Rows: plan.rows([]string{Ours, "peer"}), Costs: map[Case]*Cost{}}
	for _, row := range r.Rows {
		for _, n := range plan.Series {
			row.Series = n
			bytes := 150 + float64(row.Shards) + 8*float64(row.Observations)
			r.Costs[row] = &Cost{Case: row, First: 100, Full: bytes, Flushed: 120, Seconds: 1}
		}
	}
	return r
}

func TestGoalsAreWorkedOut(t *testing.T) {
	r := result()
	goals := r.Goals()
	require.Len(t, goals, 4)
	assert.Equal(t, 150.0, goals[0].Value)
	assert.True(t, goals[0].Met())
	assert.InDelta(t, 214.0/152, goals[1].Value, 1e-9)
	assert.False(t, goals[1].Met())
	assert.Equal(t, 1.0, goals[2].Value)
	assert.Equal(t, 8.0, goals[3].Value)
	table := r.Markdown()
	assert.Contains(t, table, "| 1.41 | ≤ 1.3 **missed** |")
	assert.Contains(t, table, "from 1 to 101 observations, 100000 series | 8.00 B | – |")
	assert.Contains(t, table, "| histogram, 101 per interval | shardstats | 100 / 958 / 120 |")
	assert.Contains(t, table, "|  | peer | 100 / 958 / 120 |")
}

func TestWhatIsTooMuchIsLeftOut(t *testing.T) {
	r := result()
	c := Case{Library: Ours, Kind: Counter, Series: 100_000}
	assert.Contains(t, r.tooMuch(c, 1), "it would take about 100 s")
	r.Plan.Longest = time.Hour
	assert.Empty(t, r.tooMuch(c, 1))
	assert.Empty(t, r.tooMuch(c, 0))
	less := c
	less.Series = 1000
	r.Costs[less].Full = 1e12
	if availableBytes() > 0 {
		assert.Contains(t, r.tooMuch(c, 1), "GB")
	}
	r.Costs[less].Skipped = "of old"
	assert.Equal(t, "of old", r.tooMuch(c, 1))
	r.Costs[c].Skipped = "it would take about 100 s of processor time"
	assert.Contains(t, r.Markdown(), "- shardstats: 100000 counters: it would take about 100 s of processor time.\n")
}

func TestTheKernelsFiguresAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status")
	require.NoError(t, os.WriteFile(path, []byte("Name:\tx\nVmRSS:\t  12 kB\nVmHWM:\t many\n"), 0o600))
	assert.EqualValues(t, 12<<10, procKB(path, "VmRSS"))
	assert.Zero(t, procKB(path, "VmHWM"))
	assert.Zero(t, procKB(path, "VmSwap"))
	assert.Zero(t, procKB(path+".none", "VmRSS"))
}

func TestNumbersAreReadable(t *testing.T) {
	assert.Equal(t, []string{"7", "1,000", "100,000", "1,234,567"}, []string{thousands(7), thousands(1000), thousands(100_000), thousands(1_234_567)})
	assert.Equal(t, []string{"0.13", "1.30", "150"}, []string{digits(0.126), digits(1.3), digits(150.2)})
}
