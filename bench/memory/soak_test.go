package memory

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/child"
	"github.com/shardstats/shardstats/transport"
)

// soaked is what comes back from a process that soaked.
type soaked struct {
	Wrong, Table, Plot string
	Intervals          int
}

// serveSoak makes a process of the tests' program soak.
func serveSoak() {
	child.Serve("soak", func(p SoakPlan) (soaked, error) {
		r, err := Soak(context.Background(), p, nil)
		if r == nil {
			return soaked{}, err
		}
		svg, plotErr := r.Plot()
		s := soaked{Table: r.Markdown(err), Plot: string(svg), Intervals: len(r.States)}
		if err := errors.Join(err, plotErr); err != nil {
			s.Wrong = err.Error()
		}
		return s, nil
	})
}

// In a process of its own, for memory is what it is about.
func TestSeriesThatComeAndGoLeaveNothing(t *testing.T) {
	p, err := child.Start(t.Context(), "soak")
	require.NoError(t, err)
	s, err := child.Ask[soaked](p, SoakPlan{Intervals: 100, Churn: 300, Steady: 50})
	require.NoError(t, err)
	assert.NoError(t, p.Close())
	assert.Empty(t, s.Wrong)
	assert.Equal(t, 100, s.Intervals)
	assert.Contains(t, s.Table, "- Series that came and went: 30,000.\n")
	assert.Contains(t, s.Table, "Nothing was wrong.")
	assert.Contains(t, s.Plot, "live heap")
}

func TestASoakEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Soak(ctx, SoakPlan{Intervals: 60, Churn: 10, Steady: 1}, func(done, _ int) {
		if done == 5 {
			cancel()
		}
	})
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "interval 5")
	_, err = Soak(t.Context(), SoakPlan{Intervals: 15, Churn: 10, Steady: 1}, nil)
	assert.ErrorContains(t, err, "give more than 15 intervals")
}

// send hands a sink the points of an interval in which nothing is wrong, as change
// leaves them.
func send(t *testing.T, change func([]transport.Series) []transport.Series) error {
	t.Helper()
	plan := SoakPlan{Churn: 11, Steady: 1}
	s := newSink(plan)
	s.from = 22
	series := []transport.Series{{Name: steadyName, Tags: []string{"number:0"}, Kind: transport.KindCount, Points: []transport.Point{{Value: 2}}}}
	for i, id := range []string{"22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32"} {
		one := transport.Series{Name: churnName, Tags: []string{"method:GET", "request:" + id}, Kind: transport.KindCount, Points: []transport.Point{{Value: float64(weight(i))}}}
		if i%histogramEvery == 0 {
			one.Name, one.Kind = histogramName, transport.KindHistogram
			one.Points = []transport.Point{{Summary: &transport.Summary{Count: histogramObservations}}}
		}
		series = append(series, one)
	}
	require.NoError(t, s.Send(t.Context(), &transport.Batch{Series: change(series)}))
	return s.endOf(2)
}

func TestTheSinkNoticesWhateverIsWrong(t *testing.T) {
	type all = []transport.Series
	assert.NoError(t, send(t, func(s all) all { return s }))
	for want, change := range map[string]func(all) all{
		"arrived twice: 2 and 2":         func(s all) all { return append(s, s[0]) },
		"0 of new series 32 arrived":     func(s all) all { return s[:len(s)-1] },
		"0 of steady series 0 arrived":   func(s all) all { return s[1:] },
		"3 of new series 23 arrived, 2 ": func(s all) all { s[2].Points[0].Value = 3; return s },
		"nobody submitted to":            func(s all) all { s[3].Tags = []string{"request:21"}; return s },
		"which is nobody's":              func(s all) all { s[3].Tags = nil; return s },
	} {
		assert.ErrorContains(t, send(t, change), want)
	}
}

func TestMemoryThatGrowsIsNoticed(t *testing.T) {
	run := func(heap func(i int) int64) *SoakResult {
		r := &SoakResult{Plan: SoakPlan{Intervals: 200, Churn: 1000, Steady: 1}}
		for i := range 200 {
			r.States = append(r.States, State{RSS: 50e6, Heap: heap(i)})
		}
		return r
	}
	assert.NoError(t, run(func(i int) int64 { return 10e6 + int64(i%5)*100_000 }).check())
	leak := run(func(i int) int64 { return 10e6 + 1000*64*int64(i) }).check()
	assert.ErrorContains(t, leak, "the live heap grew from 11.2 MB")
	assert.ErrorContains(t, leak, "so ids were not used again")
	assert.NotContains(t, leak.Error(), "RSS")

	lost := run(func(int) int64 { return 1 })
	lost.Submitted, lost.Arrived = 10, 9
	assert.ErrorContains(t, lost.check(), "9 arrived of 10")
	assert.Contains(t, lost.Markdown(lost.check()), "**Wrong:**")
}
