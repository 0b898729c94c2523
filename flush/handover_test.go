package flush_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
)

// What a large flush needed does not stay, and small ones find all of theirs again.
func TestSpareBatchesAreBounded(t *testing.T) {
	const bound = 2 << 20
	r := manual(t, nil, discard.New())
	ids := make([]shard.ID, 60_000)
	for i := range ids {
		ids[i] = r.cat.add(transport.KindCount, fmt.Sprint("c", i))
	}
	flushOf := func(n int) (spare int) {
		for _, id := range ids[:n] {
			r.src.count(id, 1)
		}
		r.clock.add(10 * time.Second)
		r.flushAll()
		return flush.Spare(r.Flusher)
	}
	small := flushOf(100)
	assert.Positive(t, small)
	assert.Less(t, small, 100_000)
	assert.Equal(t, small, flushOf(100), "it is used again")
	for range 2 {
		large := flushOf(60_000)
		assert.LessOrEqual(t, large, bound)
		assert.Greater(t, large, bound*3/4)
	}
	assert.LessOrEqual(t, flushOf(1), bound)
}
