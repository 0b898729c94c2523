package lambdastats

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// Metric submits value to the distribution of this name and these tags, to the
// client of the wrapper that ctx comes from; of nested ones to that of the
// innermost. Like every submission it never blocks and returns no error. Any number
// of goroutines may call it.
//
// A ctx that no wrapper made leads nowhere: the value is dropped, and the first
// time in a process a warning is logged to slog.Default(). A handler without a
// context submits to the client itself.
func Metric(ctx context.Context, name string, value float64, tags ...string) {
	if c, ok := clientOf(ctx, name); ok {
		c.Distribution(name, value, tags...)
	}
}

// MetricAt is Metric with the time of the observation, kept to the second; the zero
// time means now. One out of the client's bounds (stats.WithMaxAge) is counted in
// its ledger and dropped.
func MetricAt(ctx context.Context, name string, value float64, t time.Time, tags ...string) {
	if c, ok := clientOf(ctx, name); ok {
		c.At(t).Distribution(name, value, tags...)
	}
}

// lost is about the one warning of a process: it is a mistake in the program, and
// repeats with each request.
var lost sync.Once

func clientOf(ctx context.Context, name string) (*stats.Client, bool) {
	if s := scopeOf(ctx); s != nil {
		return s.client, true
	}
	lost.Do(func() {
		slog.Warn("lambdastats: a metric goes nowhere, its context is not from a wrapper: "+
			"pass on the context that the wrapped handler gets; further ones are not logged", "metric", name)
	})
	return nil, false
}
