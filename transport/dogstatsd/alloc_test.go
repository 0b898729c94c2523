//go:build !race

package dogstatsd_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// A Send allocates a few words for its context, and nothing for each series.
func TestSendAllocatesNothingPerSeries(t *testing.T) {
	d := open(t, "unixgram:///s", func(c *dogstatsd.Config) { c.ContainerID = "ci-abc" })
	inMemory(d, func([]byte) error { return nil })
	count := func(series int) float64 {
		b := batch()
		for range series {
			b.Series = append(b.Series, mixed(b.Series)...)
		}
		require.NoError(t, d.Send(context.Background(), b))
		return testing.AllocsPerRun(20, func() { _ = d.Send(context.Background(), b) })
	}
	few, more := count(1), count(200)
	assert.Equal(t, few, more)
	assert.Less(t, few, 10.0)
}

// mixed returns one series of each kind.
func mixed(before []transport.Series) []transport.Series {
	name := fmt.Sprint("name", len(before))
	set := series(name+".s", transport.KindSet, 2, "a:b")
	set.Points[0].Members = []string{"ann", "b|b"}
	host := series(name+".g", transport.KindGauge, 1.5, "a:b")
	host.Host, host.HostSet, host.Device = "web|1", true, "sda"
	weights := []transport.Sample{{Value: 1.5, Weight: 2.5}, {Value: 2, Weight: 1}, {Value: 9, Weight: 7.75}}
	return []transport.Series{
		series(name+".c", transport.KindCount, 3, "a:b", "c,d", "é"), set, host,
		samples(name+"-h", transport.KindHistogram, weights, "a:b"),
		samples(name+".t", transport.KindTiming, weights), samples(name+".d", transport.KindDistribution, weights),
	}
}
