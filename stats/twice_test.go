package stats_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

// Two senders would call Send of the one at once.
func TestOneTransportCannotBeGivenTwice(t *testing.T) {
	m := memory.New()
	_, err := stats.New(stats.WithTransport(m), stats.WithTransport(memory.New()), stats.WithTransport(m))
	assert.ErrorContains(t, err, "transport 3 is transport 1 again")
	c, err := stats.New(stats.WithTransport(m), stats.WithTransport(memory.New()), stats.WithManualFlush())
	require.NoError(t, err)
	require.NoError(t, c.Close())
}
