package line_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/line"
)

func TestAppendFloat(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "0"},
		{1, "1"},
		{-1, "-1"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{1e-6, "0.000001"},
		{1e-7, "1e-07"},
		{-2.5e-7, "-2.5e-07"},
		{1e15, "1000000000000000"},
		{1 << 53, "9007199254740992"},
		{1e17, "1e17"},
		{1e21, "1e21"},
		{-1e308, "-1e308"},
		{math.MaxInt64, "9.223372036854776e18"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{math.MaxFloat64, "1.7976931348623157e308"},
	} {
		assert.Equal(t, "x"+c.want, string(line.AppendFloat([]byte("x"), c.in)))
	}
}

func TestFloatsReadBackAndStayShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Uint64(), math.Float64frombits)).Draw(t, "value")
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		text := line.AppendFloat(nil, f)
		back, err := strconv.ParseFloat(string(text), 64)
		require.NoError(t, err)
		require.Equal(t, f, back, "%s", text)
		require.LessOrEqual(t, len(text), 25)
		require.NotContains(t, string(text), "+")
	})
}

// Receivers cut 1/rate to a whole number.
func TestRatesAreReadAsTheWeightTheyStandFor(t *testing.T) {
	read := func(t require.TestingT, k int64) {
		text := string(line.AppendRate(nil, k))
		rate, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		require.Equal(t, k, int64(1/rate), "%s", text)
		require.InEpsilon(t, float64(k), 1/rate, 1e-12)
	}
	for k := int64(1); k <= 20_000; k++ {
		read(t, k)
	}
	read(t, line.MaxWeight)
	rapid.Check(t, func(t *rapid.T) { read(t, rapid.Int64Range(1, line.MaxWeight).Draw(t, "k")) })
	assert.Equal(t, "0.5", string(line.AppendRate(nil, 2)))
	assert.Equal(t, "0.1", string(line.AppendRate(nil, 10)))
	rate := 1.0
	rate /= 93
	assert.Equal(t, int64(92), int64(1/rate), "what AppendRate mends")
}
