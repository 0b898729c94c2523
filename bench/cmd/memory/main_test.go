package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/memory"
)

func TestListsAreRead(t *testing.T) {
	f := flags{only: "a,b c", kinds: "counter,gauge", series: "1000, 2000", observations: "1", shards: ""}
	require.NoError(t, f.read())
	assert.Equal(t, []string{"a", "b c"}, f.plan.Only)
	assert.Equal(t, []memory.Kind{memory.Counter, memory.Gauge}, f.plan.Kinds)
	assert.Equal(t, []int{1000, 2000}, f.plan.Series)
	assert.Empty(t, f.plan.Shards)

	for _, bad := range []string{"1000,many", "0", "-3", "1,,2"} {
		f.series = bad
		assert.ErrorContains(t, f.read(), "-series "+bad)
	}
}
