package stats_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// newManual returns a client without goroutines, whose points go nowhere.
func newManual(t testing.TB, opts ...stats.Option) *stats.Client {
	t.Helper()
	c, err := stats.New(append([]stats.Option{stats.WithTransport(discard.New()), stats.WithManualFlush()}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ignore is a visitor for tests that play the flusher and care for the registry
// only.
type ignore struct{}

func (ignore) Count(shard.ID, int64, float64)                               {}
func (ignore) Gauge(shard.ID, float64)                                      {}
func (ignore) Observations(shard.ID, shard.Generation, *shard.Observations) {}
func (ignore) Member(shard.ID, string)                                      {}
func (ignore) Timed(*shard.Timed)                                           {}
