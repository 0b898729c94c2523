package latency

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/peers"
)

func TestMain(m *testing.M) {
	ChildMain(libraries()) // the tests measure in processes of their own
	goleak.VerifyTestMain(m)
}

func libraries() []peers.Library {
	return []peers.Library{
		peers.Shardstats(),
		fake("slow", func() { spin(20 * time.Microsecond) }, nil),
		fake("broken", func() {}, errors.New("no disk")),
		peers.Atomic(),
	}
}

// spin keeps the processor busy: what is measured has to take some time.
func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

// fake is a library with a counter by name that does something.
func fake(name string, submission func(), fail error) peers.Library {
	return peers.Library{Name: name, New: func(io.Writer) (*peers.Session, error) {
		var submitted atomic.Int64
		return &peers.Session{
			Count: func(peers.Strings, peers.Over) peers.Submit {
				return func(n int) {
					for range n {
						submission()
						submitted.Add(1)
					}
				}
			},
			Flush: func() error {
				if submitted.Swap(0) > 100 {
					return fail
				}
				return nil
			},
			Close: func() error { return nil },
		}, nil
	}}
}

var small = Plan{Series: 50, Rounds: 2, Budget: time.Millisecond, LeastTurn: 5 * time.Millisecond, Goroutines: []int{1, 2}, Pause: time.Millisecond}

func TestRunMeasuresAllThatTakeNames(t *testing.T) {
	plan := small
	plan.Goroutines = []int{2}
	plan.Only = []string{"slow", Ours}
	steps := 0
	r, err := Run(t.Context(), plan, libraries(), func(done, total int, _ string) {
		assert.Equal(t, steps, done)
		assert.Equal(t, 2*2*6, total)
		steps++
	})
	require.NoError(t, err)
	assert.Equal(t, 2*2*6, steps)
	assert.Equal(t, plan.LeastTurn, r.Turn)
	assert.Len(t, r.Found, 3+3+3, "two libraries by name, one bound, in three states")
	for _, f := range r.Found {
		assert.Len(t, f.Rounds, 2, f.Cell)
		assert.Positive(t, f.All.Submit.Count(), f.Cell)
		assert.EqualValues(t, f.All.Timer.Count(), f.All.Floor.Count())
		assert.EqualValues(t, f.All.Submit.Count(), submitsPerTimer*f.All.Timer.Count())
		if f.State == Quiet {
			assert.Zero(t, f.Flushes)
		} else {
			assert.GreaterOrEqual(t, f.Flushes, int64(2*leastFlushes))
		}
		if f.Library == "slow" {
			assert.GreaterOrEqual(t, f.All.Submit.Min(), int64(20_000), "each submission takes that long")
			low, _ := Alone(&f.All.Submit, &f.All.Timer, 0.5)
			assert.Greater(t, low, int64(15_000))
		}
	}
	goals := r.Goals()
	require.Len(t, goals, 3, "by name to itself and to the peer; bound to itself")
	table := r.Markdown()
	assert.Contains(t, table, "### By name, 2 goroutines")
	assert.Contains(t, table, "### Bound, 2 goroutines")
	assert.Contains(t, table, "| slow | no flush |")
	assert.Contains(t, table, "| shardstats | 2 goroutines, no flush |")
	_, lines, err := benchfmt.Parse(r.Raw())
	require.NoError(t, err)
	require.Len(t, lines, 9*2)
	for _, line := range lines {
		assert.Len(t, line.Values, 18, line.Name)
		assert.Equal(t, "ns/op", line.Values[0].Unit)
		assert.Positive(t, line.Values[0].Value)
	}
	svg, err := r.Plots()
	require.NoError(t, err)
	assert.Len(t, svg, 2)
	assert.Contains(t, string(svg["latency-peers-2.svg"]), "slow")
}

func TestWhatCannotBeMeasuredSaysWhy(t *testing.T) {
	plan := small
	plan.Only = []string{"broken"}
	_, err := Run(t.Context(), plan, libraries(), nil)
	assert.ErrorContains(t, err, "broken")
	assert.ErrorContains(t, err, "flush: no disk")

	plan.Only = []string{"atomic add, shared"}
	_, err = Run(t.Context(), plan, libraries(), nil)
	assert.ErrorContains(t, err, "atomic add, shared takes no names")

	plan.Only = []string{"nobody's"}
	_, err = Run(t.Context(), plan, libraries(), nil)
	assert.ErrorContains(t, err, `no library "nobody's": give some of ["shardstats"`)

	_, err = Run(t.Context(), Plan{Goroutines: []int{9}}, libraries(), nil)
	for _, part := range []string{"0 series", "9 goroutines", "budget 0s"} {
		assert.ErrorContains(t, err, part)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, small, libraries(), nil)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestLibrariesWithoutNamesAreLeftOut(t *testing.T) {
	chosen, err := (&Plan{}).choose(libraries())
	require.NoError(t, err)
	var names []string
	for _, l := range chosen {
		names = append(names, l.Name)
	}
	assert.Equal(t, []string{Ours, "slow", "broken"}, names)
}

func TestATurnThatIsNoneIsRefused(t *testing.T) {
	s := subject{libraries: libraries()}
	for _, turn := range []Turn{
		{Library: Ours, Series: 1, State: Quiet},
		{Library: Ours, Goroutines: 1, State: Quiet},
		{Library: Ours, Series: 1, Goroutines: 1, State: "storm"},
		{Library: "nobody's", Series: 1, Goroutines: 1, State: Quiet},
	} {
		_, err := s.turn(turn)
		assert.Error(t, err, turn)
	}
}

// found is a cell whose rounds took so many nanoseconds each.
func found(c Cell, ns ...int64) *Found {
	f := &Found{Cell: c}
	for _, v := range ns {
		s := new(Samples)
		s.Submit.Record(v)
		f.add(&Measured{Samples: s})
	}
	return f
}

func TestGoalsCompareRoundsOfTheSameTime(t *testing.T) {
	r := &Result{Plan: Plan{Goroutines: []int{1}, Series: 100}, Found: []*Found{
		found(Cell{Ours, ByName, 1, Quiet}, 100, 200, 100),
		found(Cell{Ours, ByName, 1, BackToBack}, 140, 280, 140),
		found(Cell{"a", ByName, 1, BackToBack}, 9000, 9000, 9000),
		found(Cell{"b", ByName, 1, BackToBack}, 200, 200, 200),
		found(Cell{"b", ByName, 1, Quiet}, 1, 1, 1),
	}}
	goals := r.Goals()
	require.Len(t, goals, 2)
	assert.InDelta(t, 1.4, goals[0].Mid, 0.01)
	assert.True(t, goals[0].Met())
	assert.InDelta(t, 1.4, goals[1].Mid, 0.01)
	assert.False(t, goals[1].Met(), "at most a fifth of the best peer's")
	table := r.Markdown()
	assert.Contains(t, table, "1.40 (1.40–1.40) | ≤ 1.5 |")
	assert.Contains(t, table, "the best peer's, b | 1.40 (0.70–1.40) | ≤ 0.2 **missed** |")
	assert.Empty(t, (&Result{Plan: r.Plan}).Goals())

	r.Found[3].Rounds[0].Submit = Histogram{} // a round in which the peer took 2000
	r.Found[3].Rounds[0].Submit.Record(2000)
	assert.Contains(t, r.Markdown(), "| ≤ 0.2 **missed**, but the interval holds it |")

	r.Found[1].All.Floor.Record(200)
	assert.False(t, r.Goals()[1].Possible(), "the machine alone takes 200 of 280")
	assert.Contains(t, r.Markdown(), "| ≤ 0.2, not measured: the machine was busy, the floor is at 71 % of ours |")
}

func TestTheFloorTakesAsLongAsASubmission(t *testing.T) {
	submit := func(n int) {
		for range n {
			spin(10 * time.Microsecond)
		}
	}
	assert.Greater(t, asLong(submit, peers.Unit()), 10)
	assert.Equal(t, 1, asLong(nothing, func(n int) { spin(time.Duration(n) * 100) }))
}

func TestTheClockHasAStep(t *testing.T) { assert.Positive(t, clockStep()) }

func TestTimesArePrintedShort(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 ns", 999: "999 ns", 1000: "1.00 µs", 15_150: "15.2 µs", 2_340_000: "2.34 ms", 1_500_000_000: "1.50 s", 345_600: "346 µs"} {
		assert.Equal(t, want, short(ns))
	}
}
