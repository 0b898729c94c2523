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

// As many batches are kept for reuse as hand-outs need, and not as one once needed.
func TestSpareBatchesFollowTheHandOuts(t *testing.T) {
	const perBatch = 1900 // and a few more
	r := manual(t, nil, discard.New())
	ids := make([]shard.ID, 5*perBatch)
	for i := range ids {
		ids[i] = r.cat.add(transport.KindCount, fmt.Sprint("c", i))
	}
	for _, c := range []struct{ series, spare int }{
		{5 * perBatch, 5},
		{5 * perBatch, 5},
		{1, 5}, // as for the hand-out before
		{0, 5}, // none
		{1, 1},
		{2 * perBatch, 2},
		{1, 2},
		{1, 1},
	} {
		for _, id := range ids[:c.series] {
			r.src.count(id, 1)
		}
		r.clock.add(10 * time.Second)
		r.flushAll()
		assert.Equal(t, c.spare, flush.Spare(r.Flusher), "after a flush of %d series", c.series)
	}
}
