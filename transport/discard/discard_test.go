package discard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestContract(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return discard.New() })
}

func points(n int) *transport.Batch {
	return &transport.Batch{Series: []transport.Series{{Name: "c", Kind: transport.KindCount, Points: make([]transport.Point, n)}}}
}

func TestItCountsWhatItTakes(t *testing.T) {
	d := discard.New()
	require.NoError(t, d.Send(t.Context(), points(3)))
	require.NoError(t, d.Send(t.Context(), points(4)))
	require.NoError(t, d.Close(t.Context()))
	require.ErrorIs(t, d.Send(t.Context(), points(5)), transport.ErrClosed)
	assert.EqualValues(t, 7, d.Points())
	assert.Equal(t, transport.Description{Name: "discard", Summaries: true, Members: true, Events: true, Checks: true}, d.Describe())
}
