package flush_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

// An event endpoint that does not answer must not cost the last points of a
// program: they get half of what time is left.
func TestShutdownDeliversPointsThoughEventsHang(t *testing.T) {
	for _, mode := range []string{"under way", "queued"} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
					if titleOf(b) != "" {
						return hole(ctx)
					}
					time.Sleep(time.Second)
					return nil
				})
				r := ticking(t, nil, in)
				id := r.cat.add(transport.KindCount, "c")
				for range 5 {
					r.Event(titled("e"))
				}
				if mode == "under way" {
					synctest.Wait()
				}
				r.src.count(id, 1)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				start := time.Now()
				err := r.Shutdown(ctx)
				assert.LessOrEqual(t, time.Since(start), 5*time.Second+100*time.Millisecond)
				assert.EqualValues(t, 1, r.book(0).Delivered)
				loss, ok := errors.AsType[*flush.LossError](err)
				require.True(t, ok)
				require.Len(t, loss.Transports, 1)
				assert.Equal(t, "intake events", loss.Transports[0].Transport)
				b := r.events(0)
				assert.Equal(t, uint64(5), b.Pending+b.Unknown)
				assert.NotZero(t, b.Unknown, "what was ended is not known")
			})
		})
	}
}

// Nobody waits for events that answer in time, and points that take long are not
// ended for anything.
func TestShutdownEndsNoSendWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
			pause := 4 * time.Second
			if titleOf(b) != "" {
				pause = 100 * time.Millisecond
			}
			select {
			case <-time.After(pause):
				return nil
			case <-ctx.Done():
				return sendError(transport.Unknown)
			}
		})
		r := ticking(t, nil, in)
		id := r.cat.add(transport.KindCount, "c")
		r.src.count(id, 1)
		for range 5 {
			r.Event(titled("e"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		assert.NoError(t, r.Shutdown(ctx))
		assert.Len(t, in.taken(), 5)
		assert.EqualValues(t, 1, r.book(0).Delivered)
	})
}

// By hand the only time to send is that of a Flush, so its points get the half of
// it, as those of a Shutdown do.
func TestAFlushByHandDeliversPointsThoughEventsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(t, func(ctx context.Context, b *transport.Batch) error {
			if titleOf(b) != "" {
				return hole(ctx)
			}
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		r := newRig(t, func(cfg *flush.Config) { cfg.Manual = true }, in)
		id := r.cat.add(transport.KindCount, "c")
		for i := range 20 {
			r.Event(titled("e"))
			r.src.count(id, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_ = r.Flush(ctx) // an event may be pending still
			cancel()
			require.EqualValues(t, i+1, r.book(0).Delivered)
			r.clock.add(10 * time.Second)
			time.Sleep(10 * time.Second)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = r.Shutdown(ctx)
		assert.NotZero(t, r.events(0).Unknown)
	})
}
