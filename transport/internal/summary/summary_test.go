package summary_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

func TestQuantiles(t *testing.T) {
	list, err := summary.Quantiles([]float64{0.99, 0.07, 0.5, 0.5, 0, 1})
	require.NoError(t, err)
	var texts []string
	for _, q := range list {
		texts = append(texts, q.Text)
	}
	assert.Equal(t, []string{"0", "0.07", "0.5", "0.99", "1"}, texts)

	s := &transport.Summary{Count: 100, Min: -1, Max: 101}
	for i := range 100 {
		s.Samples = append(s.Samples, transport.Sample{Value: float64(i + 1), Weight: 1})
	}
	assert.Equal(t, []float64{-1, 7, 50, 99, 101}, summary.Read(nil, list, s))
	assert.Empty(t, summary.Read(nil, list, &transport.Summary{Count: 3}))
	for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
		_, err = summary.Quantiles([]float64{bad})
		assert.Error(t, err)
	}
}

func TestUnfit(t *testing.T) {
	sample := func(v, w float64) []transport.Sample { return []transport.Sample{{Value: v, Weight: w}} }
	for name, c := range map[string]struct {
		s    *transport.Summary
		want string
	}{
		"none":                 {nil, "unsupported"},
		"fit":                  {&transport.Summary{Count: 1, Samples: sample(1, 1)}, ""},
		"without samples":      {&transport.Summary{Count: 1}, ""},
		"a sum that is none":   {&transport.Summary{Count: 1, Sum: math.NaN()}, "bad_value"},
		"a maximum beyond all": {&transport.Summary{Count: 1, Max: math.Inf(1)}, "bad_value"},
		"no observations":      {&transport.Summary{}, "bad_value"},
		"fewer than none":      {&transport.Summary{Count: -1}, "bad_value"},
		"as many as can be":    {&transport.Summary{Count: 1 << 53, Samples: sample(1, 1<<53)}, ""},
		"too many":             {&transport.Summary{Count: 1<<53 + 2}, "it has more than 2^53 observations"},
		"a sample":             {&transport.Summary{Count: 1, Samples: sample(math.Inf(1), 1)}, "bad_value"},
		"a weight below 0":     {&transport.Summary{Count: 1, Samples: sample(1, -1)}, "bad_value"},
		"no weight":            {&transport.Summary{Count: 1, Samples: sample(1, 0)}, "its samples stand for nothing"},
		"no weight, but one":   {&transport.Summary{Count: 1, Samples: append(sample(1, 0), sample(1, 1)...)}, ""},
		"too much weight":      {&transport.Summary{Count: 1, Samples: sample(1, 1<<53+2)}, "its samples stand for more than 2^53 observations"},
		"not sorted":           {&transport.Summary{Count: 2, Samples: append(sample(2, 1), sample(1, 1)...)}, "its samples are not sorted"},
	} {
		assert.Equal(t, c.want, summary.Unfit(c.s), name)
		if name != "no observations" {
			assert.Equal(t, c.want, summary.UnfitSamples(c.s), name)
		}
	}
	uncounted := &transport.Summary{Samples: sample(1, 2)}
	assert.Equal(t, "bad_value", summary.Unfit(uncounted))
	assert.Empty(t, summary.UnfitSamples(uncounted))
	assert.Empty(t, summary.UnfitSamples(&transport.Summary{}))
}

func TestOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := transport.Series{Name: rapid.String().Draw(t, "name"), Tags: rapid.SliceOf(rapid.String()).Draw(t, "tags")}
		unix := rapid.Int64().Draw(t, "unix")
		at := summary.Offset(&s, unix)
		assert.True(t, at >= 0 && at < 1)
		assert.Equal(t, at, summary.Offset(&s, unix))
	})
	s := transport.Series{Name: "a"}
	var tenths [10]int
	for unix := range int64(10_000) {
		tenths[int(summary.Offset(&s, unix)*10)]++
	}
	for _, n := range tenths {
		assert.InDelta(t, 1000, n, 200, "more than six standard deviations: %v", tenths)
	}
}

func TestHashesTellPointsApart(t *testing.T) {
	defer summary.SetSeed(1)()
	seen := map[uint64]string{}
	for what, s := range map[string]transport.Series{
		"plain": {Name: "a"}, "name": {Name: "b"}, "kind": {Name: "a", Kind: transport.KindGauge},
		"host": {Name: "a", Host: "x"}, "device": {Name: "a", Device: "x"}, "tag": {Name: "a", Tags: []string{"x"}},
		"tags": {Name: "a", Tags: []string{"x", "y"}}, "one tag": {Name: "a", Tags: []string{"xy"}},
	} {
		for unix := range int64(2) {
			h := summary.Hash(&s, unix)
			assert.Empty(t, seen[h], "as %s at %d", what, unix)
			seen[h] = what
			assert.Equal(t, h, summary.Hash(&s, unix))
			restore := summary.SetSeed(2)
			assert.NotEqual(t, h, summary.Hash(&s, unix), "in another process")
			restore()
			assert.Equal(t, h, summary.Hash(&s, unix))
		}
	}
}
