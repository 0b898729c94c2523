package remotewrite_test

import (
	"fmt"
	"testing"

	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

// BenchmarkEncode is what one series costs from a Batch to the body of a request,
// before compression.
func BenchmarkEncode(b *testing.B) {
	for _, c := range wiretest.Cases {
		for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
			b.Run(fmt.Sprintf("%s/version=%v", c.Name, v), func(b *testing.B) {
				p, batch := remotewrite.NewPacker(remotewrite.Config{Version: v}), c.Batch()
				c.Measure(b, func() (size int) {
					p.Pack(batch, func(body []byte, _ int) { size += len(body) })
					return size
				})
			})
		}
	}
}
