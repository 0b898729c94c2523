//go:build !race

package exponential_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	var samples []transport.Sample
	for i := range 1000 {
		samples = append(samples, transport.Sample{Value: float64(i-300) * 1.1, Weight: 1.7})
	}
	var h exponential.Histogram
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		h.Build(samples, 4096)
		h.Round(1700, 0.3)
	}))
}
