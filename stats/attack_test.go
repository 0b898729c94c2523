package stats_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

// More hosts than may be remembered, events and flushes beside a Shutdown:
// everything that got in is delivered or counted, once.
func TestHostsAndEventsBesideShutdownConcurrentSafe(t *testing.T) {
	for round := range 4 {
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush(), stats.WithSeriesLimit(20))
		require.NoError(t, err)
		var wg sync.WaitGroup
		const each, workers = 3000, 4
		for w := range workers {
			wg.Go(func() {
				for i := range each {
					c.OnHost(fmt.Sprint("h", (i*7+w)%60)).Count("n", 1)
					if i%10 == 0 {
						c.Event(stats.Event{Title: "e"})
					}
				}
			})
		}
		wg.Go(func() {
			for range 20 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				_ = c.Flush(ctx)
				cancel()
			}
		})
		if round%2 == 0 {
			wg.Wait()
		}
		_ = c.Close()
		wg.Wait()
		total := 0.0
		for _, s := range m.Series() {
			for _, p := range s.Points {
				total += p.Value
			}
		}
		l := c.Ledger()
		assert.True(t, l.Balanced())
		events := uint64(len(m.Events()))
		assert.Equal(t, l.Events[0].Delivered, events)
		in := uint64(total) + events + l.RefusedTotal() + l.Events[0].DroppedTotal()
		assert.EqualValues(t, workers*each+workers*each/10, in, "round %d: %v %+v", round, l.Refused, l.Events[0])
	}
}
