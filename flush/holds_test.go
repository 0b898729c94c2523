package flush_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// While a backend that overwrites is away, the bucket of what waits for it is
// kept past its late window: a late point still makes a whole.
func TestABucketIsKeptWhileARevisionOfItIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, other := memory.New(overwrites()), memory.New()
		r := ticking(t, nil, m, other)
		c := r.cat.add(transport.KindCount, "c")
		r.src.count(c, 1)
		away := &transport.SendError{Outcome: transport.Retry, Err: errors.New("away")}
		m.FailNext(1000, away)
		time.Sleep(5 * time.Minute) // the late window is 20 s
		r.src.at(sec(1), shard.Timed{ID: c, N: 5})
		time.Sleep(15 * time.Second)
		m.FailNext(0, away)
		time.Sleep(5 * time.Minute)
		assert.Equal(t, []string{"c@0=6 rev 1"}, arrived(m), "the whole, once; the part before was replaced")
		assert.Equal(t, uint64(1), r.book(0).Superseded)
		assert.Zero(t, r.book(0).Dropped)

		r.src.at(sec(2), shard.Timed{ID: c, N: 7})
		time.Sleep(15 * time.Second)
		assert.Equal(t, uint64(1), r.book(0).Dropped[transport.ReasonLateUnmerged], "it arrived long ago, and nobody waits for more")
		assert.Equal(t, []string{"c@0=1", "c@0=5", "c@0=7"}, arrived(other), "which is nothing to one that adds up")
	})
}
