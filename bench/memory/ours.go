package memory

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// target is a library that holds series.
type target interface {
	count(s *series)
	set(s *series, value float64)
	observe(s *series, values []float64)
	// flush ends an interval: what is held is sent, to nobody.
	flush() error
	close() error
}

// ours is a client with the default options, but for the series limit; its clock
// goes on by an interval with each flush.
type ours struct {
	client *stats.Client
	clock  *stepClock
}

func newOurs(c Case) (target, error) {
	clock := new(stepClock)
	clock.set(time.Unix(1_700_000_000, 0))
	opts := []stats.Option{
		stats.WithTransport(discard.New()), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithSeriesLimit(c.Series + 1),
	}
	if c.Shards > 0 {
		opts = append(opts, stats.WithShards(c.Shards))
	}
	client, err := stats.New(opts...)
	if err != nil {
		return nil, err
	}
	return &ours{client, clock}, nil
}

func (o *ours) count(s *series) { o.client.Increment(s.name, s.tags[:]...) }

func (o *ours) set(s *series, value float64) { o.client.Gauge(s.name, value, s.tags[:]...) }

func (o *ours) observe(s *series, values []float64) {
	for _, v := range values {
		o.client.Histogram(s.name, v, s.tags[:]...)
	}
}

func (o *ours) flush() error {
	now := o.clock.Now().Add(interval)
	o.clock.set(now)
	return o.client.FlushAt(context.Background(), now)
}

func (o *ours) close() error { return o.client.Close() }

const interval = 10 * time.Second

// stepClock shows what it was set to. Any goroutine may read it.
type stepClock struct{ unixNano atomic.Int64 }

func (c *stepClock) Now() time.Time    { return time.Unix(0, c.unixNano.Load()) }
func (c *stepClock) set(now time.Time) { c.unixNano.Store(now.UnixNano()) }
