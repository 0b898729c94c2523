package latency

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEachTimeHasABinThatIsNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.Int64Range(0, 1<<topBits-1).Draw(t, "ns")
		i := bin(ns)
		require.Less(t, i, bins)
		assert.GreaterOrEqual(t, top(i), ns)
		assert.Equal(t, i, bin(top(i)), "the top belongs to it")
		assert.LessOrEqual(t, float64(top(i)-ns), float64(ns)/128)
		if i > 0 {
			assert.Less(t, top(i-1), ns)
		}
	})
	assert.Equal(t, bins-1, bin(1<<topBits-1))
}

func TestQuantilesAreThoseOfTheSortedTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 1e6), 1, 200).Draw(t, "times")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		var h Histogram
		for _, ns := range times {
			h.Record(ns)
		}
		slices.Sort(times)
		rank := max(1, int(math.Ceil(q*float64(len(times))-1e-9)))
		want := times[rank-1]
		assert.InDelta(t, want, h.Quantile(q), float64(want)/128)
		assert.GreaterOrEqual(t, h.Quantile(q), want)
		assert.Equal(t, times[0], h.Min())
		assert.Equal(t, times[len(times)-1], h.Max())
		assert.Equal(t, h.Max(), h.Quantile(1))
		assert.EqualValues(t, len(times), h.Count())
	})
}

func TestAQuantileIsNotARankTooFar(t *testing.T) {
	var h Histogram
	for range 9999 {
		h.Record(10)
	}
	h.Record(1000)
	assert.EqualValues(t, 10, h.Quantile(0.9999))
	assert.EqualValues(t, 1000, h.Quantile(0.99991))
}

func TestTimesBeyondReasonAreCounted(t *testing.T) {
	var h Histogram
	h.Record(-5)
	h.Record(math.MaxInt64)
	assert.EqualValues(t, 2, h.Count())
	assert.Zero(t, h.Min())
	assert.EqualValues(t, 1<<topBits-1, h.Max())
	assert.Zero(t, new(Histogram).Quantile(0.5))
}

func TestHistogramsMergeAndTravel(t *testing.T) {
	var a, b, both Histogram
	for i := range int64(1000) {
		a.Record(i)
		b.Record(i * i)
		both.Record(i)
		both.Record(i * i)
	}
	text, err := json.Marshal(&b)
	require.NoError(t, err)
	var back Histogram
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, b, back)
	a.Merge(&back)
	a.Merge(new(Histogram))
	assert.Equal(t, both, a)
	var first Histogram
	first.Merge(&both)
	assert.Equal(t, both, first)

	for _, bad := range []string{`{"Bins":[[99999,1]]}`, `[]`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}
