package lambdastats_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats/lambdastats"
	"github.com/shardstats/shardstats/transport"
)

func TestMetricsAreDistributionsWithTagsAndTime(t *testing.T) {
	c, sent := newClient(t)
	then := time.Now().Add(-time.Minute)
	wrapped := lambdastats.Func(c.With("function:orders"), func(ctx context.Context, _ event) (answer, error) {
		lambdastats.Metric(ctx, "now", 1.5, "a:b")
		lambdastats.MetricAt(ctx, "then", 2.5, then, "c:d")
		lambdastats.MetricAt(ctx, "untimed", 3.5, time.Time{})
		return answer{}, nil
	})
	before := time.Now().Unix()
	_, err := wrapped(t.Context(), event{})
	require.NoError(t, err)

	series := map[string]transport.Series{}
	for _, s := range sent.Series() {
		series[s.Name] = s
		assert.Equal(t, transport.KindDistribution, s.Kind)
		require.Len(t, s.Points, 1)
	}
	require.Len(t, series, 3)
	assert.Equal(t, []string{"a:b", "function:orders"}, series["now"].Tags)
	assert.Equal(t, []string{"c:d", "function:orders"}, series["then"].Tags)
	assert.Equal(t, then.Unix()/10*10, series["then"].Points[0].Unix)
	assert.GreaterOrEqual(t, series["untimed"].Points[0].Unix, before/10*10)
	assert.InDelta(t, 1.5, sent.Sum("now"), 0)
	assert.InDelta(t, 2.5, sent.Sum("then"), 0)
	assert.InDelta(t, 3.5, sent.Sum("untimed"), 0)
}

func TestMetricsOutsideAWrapperAreToldOfOnce(t *testing.T) {
	var log logbook
	before := slog.Default()
	slog.SetDefault(log.logger())
	defer slog.SetDefault(before)
	lambdastats.ForgetWarning()

	var none context.Context
	lambdastats.Metric(t.Context(), "first", 1)
	lambdastats.Metric(none, "second", 1)
	lambdastats.MetricAt(t.Context(), "third", 1, time.Now())
	assert.Equal(t, 1, strings.Count(log.String(), "goes nowhere"))
	assert.Contains(t, log.String(), "metric=first")
}

// A goroutine that a handler left behind loses nothing, it is only late.
func TestAMetricAfterTheAnswerGoesWithTheNextFlush(t *testing.T) {
	c, sent := newClient(t)
	var kept context.Context
	wrapped := lambdastats.Func(c, func(ctx context.Context, _ event) (answer, error) {
		kept = ctx
		return answer{}, nil
	})
	_, _ = wrapped(t.Context(), event{})
	lambdastats.Metric(kept, "late", 1)
	assert.Zero(t, sent.Sum("late"))
	_, _ = wrapped(t.Context(), event{})
	assert.InDelta(t, 1, sent.Sum("late"), 0)
}
