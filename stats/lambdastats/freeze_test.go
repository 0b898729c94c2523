package lambdastats_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/stats/lambdastats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// TestNothingCountsTwiceAfterAThaw lets an environment be frozen for a while
// between invocations: no code of it runs, and time goes on. A jump of the bubble's
// clock is just that for a client without timers; one with a background flusher
// finds its timers due, as it does at a thaw.
func TestNothingCountsTwiceAfterAThaw(t *testing.T) {
	for _, client := range []struct {
		name string
		opts []stats.Option
	}{
		{"manual flush", []stats.Option{stats.WithManualFlush()}},
		{"background flusher", nil},
	} {
		for _, backend := range []struct {
			name        string
			temporality transport.Temporality
		}{
			{"backend adds up", transport.Additive},
			{"backend keeps the last value", transport.Overwrite},
		} {
			for _, frozen := range []time.Duration{time.Second, time.Minute, 6 * time.Hour} {
				t.Run(client.name+"/"+backend.name+"/"+frozen.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						sent := memory.New(memory.WithTemporality(func(transport.Kind) transport.Temporality {
							return backend.temporality
						}))
						c, err := stats.New(append(client.opts, stats.WithTransport(sent))...)
						require.NoError(t, err)
						wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
							lambdastats.Metric(ctx, "values", 2)
							lambdastats.MetricAt(ctx, "timed", 3, time.Now().Add(-time.Minute))
							c.Increment("calls")
							return answer{}, nil
						})
						for n := 1; n <= 5; n++ {
							_, err := wrapped(t.Context(), event{})
							require.NoError(t, err)
							sends := sent.Sends()
							time.Sleep(frozen)
							synctest.Wait()
							assert.Equal(t, sends, sent.Sends(), "all was sent before the answer, so the thaw finds nothing to send")
							assert.InDelta(t, 2*n, sent.Sum("values"), 0)
							assert.InDelta(t, 3*n, sent.Sum("timed"), 0)
							assert.InDelta(t, n, sent.Sum("calls"), 0)
						}
						require.NoError(t, c.Close())
						assert.InDelta(t, 10, sent.Sum("values"), 0)
						assert.True(t, c.Ledger().Balanced())
					})
				})
			}
		}
	}
}

// TestAnAnswerLostInTheFreezeIsNotCountedTwice has the first flush give up on a
// backend that took everything and answered too late.
func TestAnAnswerLostInTheFreezeIsNotCountedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, sent := newClient(t)
		sent.SetSend(func(ctx context.Context, b *transport.Batch) error {
			sent.Receive(b)
			<-ctx.Done()
			return &transport.SendError{Outcome: transport.Unknown, Err: ctx.Err()}
		})
		var log logbook
		wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
			lambdastats.Metric(ctx, "values", 1)
			return answer{}, nil
		}, lambdastats.WithLogger(log.logger()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := wrapped(ctx, event{})
		require.NoError(t, err)

		time.Sleep(time.Hour)
		sent.SetSend(nil)
		_, err = wrapped(t.Context(), event{})
		require.NoError(t, err)
		assert.InDelta(t, 2, sent.Sum("values"), 0)
		books := c.Ledger().Transports[0]
		assert.True(t, books.Balanced())
		assert.Zero(t, books.Pending)
	})
}
