//go:build !race

package datadog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// A body costs what its beginning and its end do, and no series anything.
func TestEncodingAllocatesNothingPerSeries(t *testing.T) {
	batchOf := func(n int) *transport.Batch {
		b := batch()
		for i := range n {
			s := series(fmt.Sprint("c-", i), transport.KindCount, 1)
			if i%4 == 0 {
				s = distribution(fmt.Sprint("d", i), []float64{1, 2, 3})
			}
			s.Tags, s.Host, s.HostSet = []string{"a:b", fmt.Sprint("i:", i), "method:GET"}, "web1", true
			b.Series = append(b.Series, s)
		}
		return b
	}
	few, many := batchOf(10), batchOf(500)
	for _, w := range append(newWires(), wires[0], wires[1]) {
		pack := datadog.NewPack(w.config())
		pack(many) // grows the buffers
		of := func(b *transport.Batch) float64 { return testing.AllocsPerRun(20, func() { pack(b) }) }
		assert.LessOrEqual(t, of(many)-of(few), 4.0, w)
	}
}

func TestSpellingsOfPlainNamesDoNotAllocate(t *testing.T) {
	dd := open(t, "http://localhost")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		dd.WireName("http.requests")
		dd.WireTag("route:/users")
	}))
}
