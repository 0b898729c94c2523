package memory

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	ChildMain() // the tests measure in processes of their own
	goleak.VerifyTestMain(m)
}

func TestACaseIsMeasuredInAProcessOfItsOwn(t *testing.T) {
	few, err := InChild(t.Context(), Case{Library: Ours, Kind: Counter, Series: 2000})
	require.NoError(t, err)
	assert.Equal(t, 2000, few.Case.Series)
	for _, bytes := range []float64{few.First, few.Flushed, few.Full} {
		assert.Greater(t, bytes, 50.0, "a series has a name, tags and a cell")
		assert.Less(t, bytes, 20_000.0)
	}
	assert.Positive(t, few.Seconds)
}

func TestWhatASeriesHoldsIsSeen(t *testing.T) {
	one, err := InChild(t.Context(), Case{Library: Ours, Kind: Histogram, Series: 200, Observations: 1})
	require.NoError(t, err)
	many, err := InChild(t.Context(), Case{Library: Ours, Kind: Histogram, Series: 200, Observations: 1000})
	require.NoError(t, err)
	assert.Greater(t, many.Full-one.Full, 8*999*0.9, "a sample is eight bytes")
}

func TestAProcessThatCannotMeasureSaysWhy(t *testing.T) {
	_, err := InChild(t.Context(), Case{Library: "nobody's", Kind: Counter, Series: 1})
	assert.ErrorContains(t, err, `no library "nobody's"`)

	for _, c := range []Case{
		{Library: Ours, Kind: "set", Series: 1},
		{Library: Ours, Kind: Counter},
		{Library: Ours, Kind: Histogram, Series: 1},
	} {
		_, err := Measure(c)
		assert.ErrorContains(t, err, "give ", "%s", c)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = InChild(ctx, Case{Library: Ours, Kind: Counter, Series: 1})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestSeriesDifferAndHaveThreeTags(t *testing.T) {
	for _, long := range []bool{false, true} {
		seen := map[series]bool{}
		for _, s := range makeSeries(1000, long) {
			seen[s] = true
			assert.Equal(t, long, len(s.tags[0]) > 15)
		}
		assert.Len(t, seen, 1000)
	}
}
