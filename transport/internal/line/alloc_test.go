//go:build !race

package line_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport/internal/line"
)

func TestCleanAllocatesOnlyToChange(t *testing.T) {
	r := line.Reserve(":|")
	buf := make([]byte, 0, 100)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_ = r.Clean("über.alles", 200)
		buf = r.Append(buf[:0], "a:b|\xff日", 200)
	}))
}

func TestWeighAllocatesNothing(t *testing.T) {
	sum := summary(100, 1.5, 2.5, 7, 8)
	var w line.Weigher
	w.Weigh(sum, at(0.5))
	assert.Zero(t, testing.AllocsPerRun(100, func() { w.Weigh(sum, rand.Float64) }))
}
