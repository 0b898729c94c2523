package stats_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

// A function that hangs must not eat the time in which the rest is delivered.
func TestAGaugeFuncThatHangsLeavesTimeToDeliver(t *testing.T) {
	for _, manual := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := memory.New()
			options := []stats.Option{stats.WithTransport(m), stats.WithFlushJitter(0)}
			if manual {
				options = append(options, stats.WithManualFlush())
			}
			c, err := stats.New(options...)
			require.NoError(t, err)
			release := make(chan struct{})
			c.GaugeFunc("stuck", func() float64 { <-release; return 1 })
			c.Gauge("good", 7)
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			assert.NoError(t, c.Shutdown(ctx))
			assert.Equal(t, []float64{7}, gauges(m, "good"))
			close(release)
		})
	}
}

// The tick waits for a function when Shutdown comes: it must not wait on.
func TestShutdownEndsTheWaitOfTheTickForAGaugeFunc(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithFlushJitter(0))
		require.NoError(t, err)
		release, called := make(chan struct{}), make(chan struct{})
		c.GaugeFunc("stuck", func() float64 { close(called); <-release; return 1 })
		c.Gauge("good", 7)
		<-called
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		assert.NoError(t, c.Shutdown(ctx))
		assert.LessOrEqual(t, time.Since(begun), 200*time.Millisecond)
		assert.Equal(t, []float64{7}, gauges(m, "good"))
		close(release)
	})
}

// A Shutdown that finds a call of the function under way, for a Flush, sends
// what it returns.
func TestShutdownTakesTheGaugeThatAFlushAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush())
		require.NoError(t, err)
		c.GaugeFunc("slow", func() float64 { time.Sleep(100 * time.Millisecond); return 3 })
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = c.Flush(context.Background()) // may find the client closed
		}()
		synctest.Wait()
		require.NoError(t, c.Close())
		<-done
		assert.Contains(t, gauges(m, "slow"), 3.0)
		assert.Zero(t, c.Ledger().Refused["after_stop"])
	})
}
