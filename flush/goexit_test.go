package flush

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// t.FailNow in a transport made for a test ends the goroutine it is called on.
func TestASendThatEndsItsGoroutineIsAPanic(t *testing.T) {
	for _, mode := range []string{"auto", "manual"} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := answer(func(_ context.Context, call int, _ *transport.Batch) error {
					if call < 2 {
						runtime.Goexit()
					}
					return nil
				})
				tr.close = func(context.Context) error { runtime.Goexit(); return nil }
				m := newMade()
				s, h := started(t, tr, func(_ *TransportConfig, e *senderEnv) { e.manual = mode == "manual" })
				m.hand(s, many(2)...)
				require.NoError(t, s.wait(t.Context()))
				assert.EqualValues(t, 2, balanced(t, s).Delivered)
				assert.Contains(t, h.errors()[0], "Send ended the goroutine")
				synctest.Wait()
				m.free(t)
				assert.ErrorContains(t, s.stop(t.Context()), "Close ended the goroutine")
			})
		})
	}
}
