//go:build !race

package remotewrite_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

func TestEncodingAllocatesNothingPerSeries(t *testing.T) {
	for kind := transport.KindCount; kind <= transport.KindDistribution; kind++ {
		b := wiretest.Batch(kind, 200, 50)
		for i := range b.Series { // labels that need work, too
			b.Series[i].Tags = append(b.Series[i].Tags, "le:x", "host:a")
			b.Series[i].Host, b.Series[i].HostSet = "b", true
		}
		for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
			p := remotewrite.NewPacker(remotewrite.Config{Version: v})
			allocs := testing.AllocsPerRun(20, func() { p.Pack(b, func([]byte, int) {}) })
			assert.LessOrEqual(t, allocs, 4.0, "%v as %v: a request of 200 series", kind, v)
		}
	}
}
