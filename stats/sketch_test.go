package stats_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// A distribution has no bound where every transport takes sketches, and is cut off
// and counted where one does not.
func TestALongDistribution(t *testing.T) {
	const n = 150_000
	submit := func(t *testing.T, to ...*memory.Transport) (*stats.Client, *transport.Summary) {
		opts := []stats.Option{stats.WithManualFlush(), stats.WithShards(1)}
		for _, m := range to {
			opts = append(opts, stats.WithTransport(m))
		}
		c, err := stats.New(opts...)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		d := c.NewDistribution("d")
		for i := range n {
			d.Observe(float64(1 + i%1000))
		}
		require.NoError(t, c.Flush(t.Context()))
		all := to[0].Series()
		require.Len(t, all, 1)
		return c, all[0].Points[0].Summary
	}

	c, sketch := submit(t, memory.New(memory.WithSketches()))
	assert.Equal(t, float64(n), sketch.Count)
	assert.Less(t, len(sketch.Samples), 4096)
	assert.Empty(t, c.Ledger().Refused)

	c, raw := submit(t, memory.New(memory.WithSketches()), memory.New())
	assert.Equal(t, 100_000.0, raw.Count)
	assert.Len(t, raw.Samples, 100_000)
	assert.Equal(t, map[transport.Reason]uint64{transport.ReasonDistributionFull: n - 100_000}, c.Ledger().Refused)
}
