package peers

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiny is a plan of three rounds.
var tiny = Plan{MinRounds: 3, Seed: 1}

// fake is a library that counts what happens to it.
type fake struct {
	submitted, flushed, closed atomic.Int64
	err                        error
}

func (f *fake) library(name string) Library {
	return Library{Name: name, New: func(io.Writer) (*Session, error) {
		return &Session{
			Counters: func(Over) Submit { return func(n int) { f.submitted.Add(int64(n)) } },
			Count:    func(Strings, Over) Submit { return func(n int) { f.submitted.Add(int64(n)) } },
			Build:    func(Over) Submit { return func(int) {} },
			Flush: func() error {
				f.flushed.Add(1)
				return f.err
			},
			Close: func() error {
				f.closed.Add(1)
				return nil
			},
		}, nil
	}}
}

func TestEveryLibraryHasEachRound(t *testing.T) {
	var a, b fake
	w := Workload{Family: "test", Kind: Counter, Bound: true, Series: 3, Goroutines: 2, Round: 100 * time.Microsecond}
	r, err := Measure(t.Context(), w, []Library{a.library("a"), b.library("b")}, tiny, 0)
	require.NoError(t, err)
	assert.Len(t, r.UnitNS, tiny.MinRounds)
	require.Len(t, r.Costs, 2)
	for i, name := range []string{"a", "b"} {
		assert.Equal(t, name, r.Costs[i].Library)
		assert.Len(t, r.Costs[i].NS, tiny.MinRounds)
		assert.Empty(t, r.Costs[i].BuildNS)
		assert.Positive(t, r.Costs[i].Ops)
		assert.Positive(t, r.Costs[i].Median())
	}
	assert.GreaterOrEqual(t, a.submitted.Load(), int64(2*tiny.MinRounds*r.Costs[0].Ops))
	assert.EqualValues(t, 1, a.closed.Load())
	assert.Nil(t, r.Of("c"))
}

func TestALibraryThatHasNoSuchThingIsLeftOut(t *testing.T) {
	var a fake
	with := a.library("with")
	w := Workload{Family: "test", Kind: Gauge, Series: 1, Goroutines: 1, Round: 100 * time.Microsecond}
	r, err := Measure(t.Context(), w, []Library{with}, tiny, 0)
	require.NoError(t, err)
	assert.Empty(t, r.Costs)
	assert.EqualValues(t, 1, a.closed.Load(), "what was started is closed all the same")

	flushing := Workload{Flushing: true, Kind: Counter}
	assert.False(t, flushing.suits(&Library{StandIn: true}))
	many := Workload{Kind: Histogram, Series: 100_000}
	assert.False(t, many.suits(&Library{HistogramBytes: 8000}))
	assert.True(t, many.suits(&Library{}))
}

func TestBuildingIsTakenOff(t *testing.T) {
	var a fake
	w := Workload{Family: "test", Kind: Counter, Strings: Built, Series: 3, Goroutines: 1, Round: 100 * time.Microsecond}
	r, err := Measure(t.Context(), w, []Library{a.library("a")}, tiny, 0)
	require.NoError(t, err)
	assert.Len(t, r.Costs[0].BuildNS, tiny.MinRounds)
}

func TestFlushesRunInTheBackground(t *testing.T) {
	var a fake
	var flushedBefore, flushedAfter int64
	_, err := whileFlushing(func() error { a.flushed.Add(1); return nil }, func() float64 {
		flushedBefore = a.flushed.Load()
		for a.flushed.Load() < flushedBefore+3 { // ends only if flushes go on meanwhile
		}
		flushedAfter = a.flushed.Load()
		return 0
	})
	require.NoError(t, err)
	assert.Greater(t, flushedAfter, flushedBefore)
}

func TestAFlushThatFailsEndsTheRun(t *testing.T) {
	a := fake{err: errors.New("no sink")}
	for _, flushing := range []bool{false, true} {
		w := Workload{Family: "test", Kind: Counter, Bound: true, Series: 1, Goroutines: 1, Flushing: flushing, Round: 100 * time.Microsecond}
		_, err := Measure(t.Context(), w, []Library{a.library("a")}, tiny, 0)
		assert.ErrorContains(t, err, "test, 1 goroutine of a: flush: no sink")
	}
	_, err := whileFlushing(func() error { return a.err }, func() float64 { return 0 })
	assert.ErrorIs(t, err, a.err)
}

func TestARunCanBeEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var a fake
	w := Workload{Family: "test", Kind: Counter, Bound: true, Series: 1, Goroutines: 1, Round: 100 * time.Microsecond}
	_, err := Measure(ctx, w, []Library{a.library("a")}, tiny, time.Hour)
	assert.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 1, a.closed.Load())
}

// Each workload has to be one that ours has, or its table would compare nothing.
func TestOursHasEveryWorkload(t *testing.T) {
	ours := Shardstats()
	names := map[string]bool{}
	for _, w := range Workloads() {
		session, err := ours.New(io.Discard)
		require.NoError(t, err)
		assert.NotNil(t, w.submit(session, Over{Series: NewSeriesSet(1)}), w.Name())
		assert.True(t, w.suits(&ours), w.Name())
		assert.False(t, names[w.Name()], "%s is there twice", w.Name())
		names[w.Name()] = true
		require.NoError(t, session.Close())
	}
	for _, goal := range Goals() {
		w := Workload{Family: goal.Family, Goroutines: goal.Goroutines}
		assert.True(t, names[w.Name()], "nothing measures %s", w.Name())
	}
}

func TestAllLibrariesCanBeMeasured(t *testing.T) {
	for _, w := range []Workload{
		{Family: "bound", Kind: Counter, Bound: true, Series: 1, Goroutines: 2},
		{Family: "named", Kind: Histogram, Strings: Kept, Series: 10, Goroutines: 1, Flushing: true},
	} {
		w.Round = 50 * time.Microsecond
		libraries := Libraries()
		r, err := Measure(t.Context(), w, libraries, Plan{MinRounds: 2}, 0)
		require.NoError(t, err)
		assert.Greater(t, len(r.Costs), 5)
	}
}
