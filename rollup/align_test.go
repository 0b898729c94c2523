package rollup_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

func TestAlign(t *testing.T) {
	for _, c := range []struct{ unix, rollup, want int64 }{
		{0, 10, 0},
		{9, 10, 0},
		{10, 10, 10},
		{-1, 10, -10},
		{-3, 10, -10},
		{-10, 10, -10},
		{-11, 10, -20},
		{1577871015, 5, 1577871015},
		{1577872804, 5, 1577872800},
		{math.MaxInt64, 10, math.MaxInt64 - 7},
		{math.MinInt64, 10, math.MinInt64 + 8},
		{math.MinInt64, 1, math.MinInt64},
	} {
		assert.Equal(t, c.want, rollup.Align(c.unix, c.rollup), "%d in steps of %d", c.unix, c.rollup)
	}
}

func TestABucketHoldsItsSecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int64Range(1, 3600).Draw(t, "step")
		unix := rapid.Int64Range(math.MinInt64+step, math.MaxInt64-step).Draw(t, "unix")
		start := rollup.Align(unix, step)
		assert.Zero(t, start%step)
		assert.LessOrEqual(t, start, unix)
		assert.Less(t, unix, start+step)
	})
}
