package stats_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// An error handler is the user's code: it may submit, read the books and flush,
// and it may panic.
func TestAnErrorHandlerMayUseTheClientAndPanic(t *testing.T) {
	for name, test := range map[string]struct {
		manual bool
		cause  func(c *stats.Client, m *memory.Transport)
	}{
		"about a name of two kinds":          {false, twoKinds},
		"about a name of two kinds, by hand": {true, twoKinds},
		"about a backend":                    {false, failOnce},
		"about a backend, by hand":           {true, failOnce},
	} {
		for kind, handle := range map[string]func(c *stats.Client){
			"submits":         func(c *stats.Client) { c.Count("errors", 1); c.NewGauge("g", "new:1").Set(1) },
			"makes a child":   func(c *stats.Client) { c.With("a").WithNamespace("b").Increment("errors") },
			"reads the books": func(c *stats.Client) { _ = c.Ledger() },
			"flushes": func(c *stats.Client) {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				_ = c.Flush(ctx)
			},
			"closes": func(c *stats.Client) { _ = c.Close() },
			"panics": func(*stats.Client) { panic("the handler's own") },
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				watchdog := time.AfterFunc(20*time.Second, func() { panic(name + ", " + kind + ": it hangs") })
				defer watchdog.Stop()
				synctest.Test(t, func(t *testing.T) {
					var c *stats.Client
					var calls atomic.Int64
					m := memory.New()
					opts := []stats.Option{
						stats.WithTransport(m), stats.WithFlushInterval(time.Second), stats.WithRollupInterval(time.Second),
						stats.WithLogger(slog.New(slog.DiscardHandler)),
						stats.WithErrorHandler(func(error) {
							if calls.Add(1) < 3 {
								handle(c)
							}
						}),
					}
					if test.manual {
						opts = append(opts, stats.WithManualFlush())
					}
					var err error
					c, err = stats.New(opts...)
					require.NoError(t, err)
					c.Count("before", 1)
					test.cause(c, m)
					time.Sleep(3 * time.Second)
					if test.manual {
						err := c.Flush(t.Context())
						if kind != "closes" {
							require.NoError(t, err)
						}
					}
					c.Count("after", 1)
					err = c.Shutdown(t.Context())
					assert.Positive(t, calls.Load(), "nothing was reported")
					assert.True(t, c.Ledger().Balanced())
					if kind == "closes" { // which may have waited for itself, until its deadline
						b := c.Ledger().Transports[0]
						assert.Equal(t, b.RolledUp, b.Delivered+b.Pending)
						assert.ErrorIs(t, c.Flush(t.Context()), stats.ErrClosed)
						return
					}
					require.NoError(t, err)
					assert.Equal(t, 1.0, m.Sum("before"))
					assert.Equal(t, 1.0, m.Sum("after"))
				})
			})
		}
	}
}

func twoKinds(c *stats.Client, _ *memory.Transport) {
	c.Count("x", 1)
	c.Gauge("x", 1)
}

func failOnce(_ *stats.Client, m *memory.Transport) {
	m.FailNext(1, &transport.SendError{Outcome: transport.Retry, Err: errors.New("connection refused")})
}
