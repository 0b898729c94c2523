package stats_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

// gauges returns the values of a gauge in order of time.
func gauges(m *memory.Transport, name string) []float64 {
	var out []float64
	for _, s := range m.Series() {
		if s.Name == name {
			for _, p := range s.Points {
				out = append(out, p.Value)
			}
		}
	}
	return out
}

func TestAGaugeFuncIsCalledOncePerRollup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithFlushJitter(0))
		require.NoError(t, err)
		n := 0.0
		stop := c.GaugeFunc("g", func() float64 { n++; return n }, "a:b")
		time.Sleep(45*time.Second - time.Until(time.Now().Truncate(10*time.Second)))
		got := gauges(m, "g")
		assert.Len(t, got, int(n))
		for i, v := range got {
			assert.Equal(t, float64(i+1), v)
		}
		stop()
		stop()
		before := n
		time.Sleep(time.Minute)
		assert.Equal(t, before, n, "stopped")
		require.NoError(t, c.Close())
	})
}

func TestAGaugeFuncIsAskedAtEachFlushOfAManualClient(t *testing.T) {
	c, m := newKept(t)
	n := 0.0
	c.GaugeFunc("g", func() float64 { n++; return n })
	require.NoError(t, c.Flush(t.Context()))
	require.NoError(t, c.FlushAt(t.Context(), noon.Add(time.Minute)))
	require.NoError(t, c.Shutdown(t.Context()))
	assert.Equal(t, 3.0, n)
	assert.Equal(t, []float64{1, 2, 3}, gauges(m, "g"))
}

// What a function does wrong is its own affair: a panic, no number, no end.
func TestGaugeFuncsThatMisbehave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var said []string
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithFlushJitter(0), stats.WithErrorHandler(func(err error) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, err.Error())
		}))
		require.NoError(t, err)
		release := make(chan struct{})
		var calls, together atomic.Int32
		c.GaugeFunc("panics", func() float64 { panic("no value") })
		c.GaugeFunc("nan", nan)
		c.GaugeFunc("stuck", func() float64 {
			assert.LessOrEqual(t, together.Add(1), int32(1), "never two calls at once")
			defer together.Add(-1)
			calls.Add(1)
			<-release
			return 42
		})
		c.GaugeFunc("good", func() float64 { return 7 })
		c.GaugeFunc("nil", nil)()
		time.Sleep(time.Minute)
		assert.Equal(t, int32(1), calls.Load(), "one that has not returned is not called again")
		good := gauges(m, "good")
		assert.GreaterOrEqual(t, len(good), 5, "the others go on")
		assert.Empty(t, gauges(m, "stuck"))
		close(release)
		time.Sleep(20 * time.Second)
		assert.Contains(t, gauges(m, "stuck"), 42.0)
		assert.Empty(t, gauges(m, "panics"))
		assert.Empty(t, gauges(m, "nan"))
		assert.NotZero(t, c.Ledger().Refused["bad_value"])
		require.NoError(t, c.Close())
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, said, 2, "each once")
		assert.Contains(t, said[0]+said[1], `"panics" panicked`)
		assert.Contains(t, said[0]+said[1], `"stuck" has not returned within 1s`)
	})
}
