//go:build !race

package statsd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport/statsd"
)

func TestEncodingDoesNotAllocate(t *testing.T) {
	for _, tags := range []statsd.Tags{statsd.TagsInPath, statsd.TagsDropped, statsd.TagsDatadog} {
		for _, c := range encodeCases() {
			encode := statsd.Encoder(t, statsd.Config{NoPrefix: true, Tags: tags})
			encode(c.batch)
			assert.Zero(t, testing.AllocsPerRun(10, func() { encode(c.batch) }), "%s, tags %v", c.name, tags)
		}
	}
}
