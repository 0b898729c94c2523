package lambdastats_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/stats/lambdastats"
	"github.com/shardstats/shardstats/transport"
)

// TestTheCasesOfThreadStats are those of its tests of the Lambda decorator.
func TestTheCasesOfThreadStats(t *testing.T) {
	for _, tc := range []struct {
		name          string
		nested        bool
		distributions float64
	}{
		{"test_basic_lambda_decorator", false, 1},
		{"test_embedded_lambda_decorator", true, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, sent := newClient(t)
			var log logbook
			inner := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
				lambdastats.Metric(ctx, "lambda.somemetric", 100)
				return answer{}, nil
			}, lambdastats.WithLogger(log.logger()))
			outer := inner
			if tc.nested {
				outer = lambdastats.Func(c, func(ctx context.Context, e event) (answer, error) {
					lambdastats.Metric(ctx, "lambda.dist", 1)
					a, err := inner(ctx, e)
					assert.Zero(t, sent.Sends(), "the inner wrapper leaves the flush to the outer one")
					return a, err
				}, lambdastats.WithLogger(log.logger()))
			}
			_, err := outer(t.Context(), event{})
			require.NoError(t, err)
			assert.Equal(t, 1, sent.Sends())
			assert.Empty(t, log.String(), "all is well")
			assert.InDelta(t, tc.distributions, sent.Observations("lambda.somemetric")+sent.Observations("lambda.dist"), 0)
		})
	}
}

func TestAPanicGoesOnWithItsOwnValueAfterTheFlush(t *testing.T) {
	type own struct{ error }
	value := own{errors.New("mine")}
	c, sent := newClient(t)
	for name, run := range map[string]func(){
		"generic": func() {
			_, _ = lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
				lambdastats.Metric(ctx, "calls", 1)
				panic(value)
			})(t.Context(), event{})
		},
		"reflected": func() {
			lambdastats.Wrap(c, func(ctx context.Context, _ event) {
				lambdastats.Metric(ctx, "calls", 1)
				panic(value)
			}).(func(context.Context, event))(t.Context(), event{})
		},
		"object": func() {
			_, _ = lambdastats.WrapHandler(c, handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
				lambdastats.Metric(ctx, "calls", 1)
				panic(value)
			})).Invoke(t.Context(), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			sent.Reset()
			assert.PanicsWithValue(t, value, run)
			assert.InDelta(t, 1, sent.Sum("calls"), 0)
		})
	}
}

func TestGoexitFlushes(t *testing.T) {
	c, sent := newClient(t)
	h := lambdastats.Wrap(c, func(ctx context.Context) error {
		lambdastats.Metric(ctx, "calls", 1)
		goexit()
		return nil
	}).(func(context.Context) error)
	returned := false
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = h(t.Context())
		returned = true
	})
	wg.Wait()
	assert.False(t, returned, "the goroutine went on ending")
	assert.InDelta(t, 1, sent.Sum("calls"), 0)
}

func TestAFailedFlushChangesNoAnswer(t *testing.T) {
	c, sent := newClient(t)
	sent.FailNext(1, &transport.SendError{Outcome: transport.Permanent, Err: errors.New("away")})
	var log logbook
	wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "calls", 1)
		return answer{200}, nil
	}, lambdastats.WithLogger(log.logger()))
	got, err := wrapped(t.Context(), event{})
	require.NoError(t, err)
	assert.Equal(t, answer{200}, got)
	assert.Empty(t, log.String(), "nothing is left to deliver, and the ledger has the rest")
	books := c.Ledger().Transports[0]
	assert.EqualValues(t, 1, books.DroppedTotal())
	assert.True(t, books.Balanced())
}

// A clock may be the user's own, and panic.
func TestAPanicOfTheFlushIsNotTheHandlers(t *testing.T) {
	var log logbook
	clock := &clockThatBreaks{}
	c, _ := newClient(t, stats.WithClock(clock))
	wrapped := lambdastats.Func(c, func(context.Context, event) (answer, error) {
		clock.broken.Store(true)
		return answer{200}, nil
	}, lambdastats.WithLogger(log.logger()))
	got, err := wrapped(t.Context(), event{})
	clock.broken.Store(false)
	require.NoError(t, err)
	assert.Equal(t, answer{200}, got)
	assert.Contains(t, log.String(), "the flush panicked")
	assert.Contains(t, log.String(), "the clock is broken")
}

func TestNestedWrappersWithTheirOwnClientsAreFlushedByTheOutermost(t *testing.T) {
	c1, sent1 := newClient(t)
	c2, sent2 := newClient(t)
	inner := lambdastats.Func(c2, func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "inner", 1)
		return answer{}, nil
	})
	outer := lambdastats.Func(c1, func(ctx context.Context, e event) (answer, error) {
		for range 3 {
			_, _ = inner(ctx, e)
		}
		lambdastats.Metric(ctx, "outer", 1)
		return answer{}, nil
	})
	_, _ = outer(t.Context(), event{})
	assert.InDelta(t, 1, sent1.Sum("outer"), 0, "to the client of its own wrapper, also after a nested one")
	assert.InDelta(t, 3, sent2.Sum("inner"), 0)
	assert.Equal(t, 1, sent1.Sends())
	assert.Equal(t, 1, sent2.Sends())
}

func TestAWrapperThatOutlivesTheInvocationFlushesForItself(t *testing.T) {
	for name, startedLate := range map[string]bool{"running at its end": false, "started after its end": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, sent := newClient(t)
				answered := make(chan struct{})
				inner := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
					<-answered
					lambdastats.Metric(ctx, "late", 1)
					return answer{}, nil
				})
				outer := lambdastats.Func(c, func(ctx context.Context, e event) (answer, error) {
					go func() {
						if startedLate {
							<-answered
						}
						_, _ = inner(ctx, e)
					}()
					synctest.Wait()
					return answer{}, nil
				})
				_, _ = outer(t.Context(), event{})
				assert.Zero(t, sent.Sum("late"))
				close(answered)
				synctest.Wait()
				assert.InDelta(t, 1, sent.Sum("late"), 0)
			})
		})
	}
}

func TestWrappersThatBeginAfterTheInvocationNestAmongThemselves(t *testing.T) {
	c, sent := newClient(t)
	var kept context.Context
	_, _ = lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		kept = ctx
		return answer{}, nil
	})(t.Context(), event{})

	inner := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "late", 1)
		return answer{}, nil
	})
	outer := lambdastats.Func(c, func(ctx context.Context, e event) (answer, error) {
		_, _ = inner(ctx, e)
		assert.Zero(t, sent.Sends())
		return inner(ctx, e)
	})
	_, _ = outer(kept, event{})
	assert.Equal(t, 1, sent.Sends())
	assert.InDelta(t, 2, sent.Sum("late"), 0)
}

func TestInvocationsEachFlushWhatTheyDidConcurrentSafe(t *testing.T) {
	const workers, each = 8, 50
	c, sent := newClient(t)
	wrapped := lambdastats.Func(c, func(ctx context.Context, worker string) (answer, error) {
		lambdastats.Metric(ctx, "calls", 1, "worker:"+worker)
		return answer{}, nil
	})
	var wg sync.WaitGroup
	for i := range workers {
		worker := string(rune('a' + i))
		wg.Go(func() {
			for n := 1; n <= each; n++ {
				_, _ = wrapped(t.Context(), worker)
				// All of its own have arrived, whatever the others are doing.
				assert.InDelta(t, n, sent.Sum("calls", "worker:"+worker), 0)
			}
		})
	}
	wg.Wait()
	assert.InDelta(t, workers*each, sent.Sum("calls"), 0)
	assert.True(t, c.Ledger().Balanced())
}

func TestNilClientsAndContextsAreFine(t *testing.T) {
	for _, c := range []*stats.Client{nil, {}} {
		wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
			lambdastats.Metric(ctx, "calls", 1)
			return answer{1}, nil
		})
		got, err := wrapped(t.Context(), event{})
		require.NoError(t, err)
		assert.Equal(t, answer{1}, got)
	}
	c, sent := newClient(t)
	for _, wrapped := range []func(context.Context) error{
		lambdastats.Wrap(c, func(ctx context.Context) error { lambdastats.Metric(ctx, "calls", 1); return nil }).(func(context.Context) error),
		func(ctx context.Context) error {
			f := lambdastats.Wrap(c, func(ctx context.Context) { lambdastats.Metric(ctx, "calls", 1) }).(func(context.Context))
			f(ctx)
			return nil
		},
	} {
		var none context.Context // what a careless test of a handler passes
		require.NoError(t, wrapped(none))
	}
	assert.InDelta(t, 2, sent.Sum("calls"), 0)
}
