package lambdastats_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats/lambdastats"
)

// answerAfter runs one invocation whose handler takes no time, with a backend that
// does not answer, and returns how long the flush held the answer back.
func answerAfter(t *testing.T, ctx context.Context, opts ...lambdastats.Option) time.Duration {
	t.Helper()
	c, sent := newClient(t)
	release := sent.Block()
	var log logbook
	wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "calls", 1)
		return answer{200}, nil
	}, append(opts, lambdastats.WithLogger(log.logger()))...)
	start := time.Now()
	got, err := wrapped(ctx, event{})
	took := time.Since(start)
	require.NoError(t, err)
	assert.Equal(t, answer{200}, got)
	assert.Contains(t, log.String(), "not everything was delivered")
	assert.Contains(t, log.String(), "memory", "the transport that still holds something")
	assert.EqualValues(t, 1, c.Ledger().Transports[0].Pending, "and the books know it")

	// The next invocation finds a backend that is well, and takes it along.
	release()
	_, err = wrapped(t.Context(), event{})
	require.NoError(t, err)
	assert.InDelta(t, 2, sent.Sum("calls"), 0)
	return took
}

func TestAFlushEndsAMarginBeforeTheDeadline(t *testing.T) {
	const none = -1
	for _, tc := range []struct {
		name string
		left time.Duration // till the deadline
		opts []lambdastats.Option
		want time.Duration
	}{
		{"time enough", time.Minute, nil, 5 * time.Second},
		{"time enough, own timeout", time.Minute, []lambdastats.Option{lambdastats.WithFlushTimeout(20 * time.Second)}, 20 * time.Second},
		{"0 is the default", time.Minute, []lambdastats.Option{lambdastats.WithFlushTimeout(time.Second), lambdastats.WithFlushTimeout(0)}, 5 * time.Second},
		{"the deadline comes first", time.Second, nil, 900 * time.Millisecond},
		{"own margin", time.Second, []lambdastats.Option{lambdastats.WithMargin(300 * time.Millisecond)}, 700 * time.Millisecond},
		{"0 is the default margin", time.Second, []lambdastats.Option{lambdastats.WithMargin(time.Hour), lambdastats.WithMargin(0)}, 900 * time.Millisecond},
		{"too near", 60 * time.Millisecond, nil, 30 * time.Millisecond},
		{"over", 0, nil, 0},
		{"no deadline", none, nil, 2 * time.Second},
		{"no deadline, own timeout", none, []lambdastats.Option{lambdastats.WithFlushTimeout(time.Second)}, time.Second},
		{"no option at all", none, []lambdastats.Option{nil}, 2 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tc.left != none {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.left)
					defer cancel()
				}
				assert.Equal(t, tc.want, answerAfter(t, ctx, tc.opts...))
			})
		})
	}
}

func TestTimeThatTheHandlerTookIsNotTheFlushs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, sent := newClient(t)
		defer sent.Block()()
		wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
			lambdastats.Metric(ctx, "calls", 1)
			time.Sleep(2 * time.Second)
			return answer{}, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, _ = wrapped(ctx, event{})
		assert.Equal(t, 2900*time.Millisecond, time.Since(start))
	})
}

func TestACancelledContextStopsNoFlush(t *testing.T) {
	c, sent := newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "calls", 1)
		cancel()
		return answer{}, ctx.Err()
	})
	_, err := wrapped(ctx, event{})
	require.ErrorIs(t, err, context.Canceled)
	assert.InDelta(t, 1, sent.Sum("calls"), 0)
}

// warmer is a connection that takes a while to open.
type warmer struct {
	takes   time.Duration
	err     error
	panics  bool
	calls   int
	ended   time.Duration // after the call
	ctxErr  error
	stopped chan struct{}
}

func (w *warmer) Validate(ctx context.Context) error {
	w.calls++
	start := time.Now()
	defer close(w.stopped)
	if w.panics {
		panic("no such host")
	}
	select {
	case <-time.After(w.takes):
	case <-ctx.Done():
		w.ctxErr = ctx.Err()
	}
	w.ended = time.Since(start)
	return errors.Join(w.err, w.ctxErr)
}

func TestTheWarmUpRunsBesideTheFirstInvocation(t *testing.T) {
	const forever = 24 * time.Hour
	for _, tc := range []struct {
		name     string
		warmer   warmer
		handler  time.Duration // what it takes
		deadline time.Duration
		ended    time.Duration
		log      string
	}{
		{"quicker than the handler", warmer{takes: 100 * time.Millisecond}, time.Second, time.Minute, 100 * time.Millisecond, ""},
		{"no longer than the invocation", warmer{takes: forever}, time.Second, time.Minute, time.Second, ""},
		{"no longer than its deadline", warmer{takes: forever}, 4 * time.Second, 3 * time.Second, 3 * time.Second, ""},
		{"no longer than 5 s", warmer{takes: forever}, 10 * time.Second, time.Minute, 5 * time.Second, ""},
		{"an error is logged", warmer{err: errors.New("refused")}, time.Second, time.Minute, 0, "the warm-up failed"},
		{"a panic is logged", warmer{panics: true}, time.Second, time.Minute, 0, "the warm-up panicked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, sent := newClient(t)
				w := tc.warmer
				w.stopped = make(chan struct{})
				var log logbook
				wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
					lambdastats.Metric(ctx, "calls", 1)
					time.Sleep(tc.handler)
					return answer{200}, nil
				}, lambdastats.WithWarmer(&w), lambdastats.WithLogger(log.logger()))
				for range 2 {
					ctx, cancel := context.WithTimeout(t.Context(), tc.deadline)
					start := time.Now()
					got, err := wrapped(ctx, event{})
					cancel()
					require.NoError(t, err)
					assert.Equal(t, answer{200}, got)
					assert.Equal(t, tc.handler, time.Since(start), "nobody waits for a warm-up")
					<-w.stopped
				}
				synctest.Wait()
				assert.Equal(t, 1, w.calls, "at the cold start only")
				assert.Equal(t, tc.ended, w.ended)
				if tc.log == "" {
					assert.NotContains(t, log.String(), "warm-up", "its time being over is no error")
				} else {
					assert.Equal(t, 1, strings.Count(log.String(), tc.log))
				}
				require.NoError(t, c.Close()) // a handler that overran left no time for a flush
				assert.InDelta(t, 2, sent.Sum("calls"), 0)
			})
		})
	}
}

func TestACancelledContextStopsNoWarmUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t)
		w := warmer{takes: 100 * time.Millisecond, stopped: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := lambdastats.Func(c, func(context.Context, event) (answer, error) {
			cancel()
			<-w.stopped
			return answer{}, nil
		}, lambdastats.WithWarmer(&w))(ctx, event{})
		require.NoError(t, err)
		assert.NoError(t, w.ctxErr, "the flush still needs the connection")
	})
}
