package stats

import (
	"log/slog"
	"time"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

// Option configures a client.
type Option interface{ apply(*config) }

type option func(*config)

func (o option) apply(c *config) { o(c) }

// TransportOption configures how one transport is fed.
type TransportOption interface{ applyTransport(*flush.TransportConfig) }

type transportOption func(*flush.TransportConfig)

func (o transportOption) applyTransport(c *flush.TransportConfig) { o(c) }

// Clock is the wall clock that stamps buckets and judges ages. Timers are the
// runtime's, whatever the clock says.
type Clock = flush.Clock

// Aggregate is one figure of a histogram where the backend takes flat points.
type Aggregate = flush.Aggregate

// The aggregates of histograms and timings, each sent as a series of its own.
const (
	AggregateMin         = flush.AggregateMin         // .min, a gauge
	AggregateMax         = flush.AggregateMax         // .max, a gauge
	AggregateSum         = flush.AggregateSum         // .sum, a gauge
	AggregateAvg         = flush.AggregateAvg         // .avg, a gauge
	AggregateCount       = flush.AggregateCount       // .count, a count; a rate in the ThreadStats profile
	AggregateMedian      = flush.AggregateMedian      // .median, a gauge
	AggregatePercentiles = flush.AggregatePercentiles // .95percentile and so on, gauges
)

// WithTransport adds a transport. Given several times, each transport gets
// everything, through a queue of its own.
func WithTransport(t transport.Transport, opts ...TransportOption) Option {
	return option(func(c *config) {
		tc := flush.TransportConfig{Transport: t, QueueBatches: defaultQueueBatches, QueueBytes: defaultQueueBytes, QueueEvents: defaultQueueEvents}
		for _, o := range opts {
			if o != nil {
				o.applyTransport(&tc)
			}
		}
		c.transports = append(c.transports, tc)
	})
}

// Named sets the name of a transport in the ledger, the log and errors. Default:
// what the transport says, with "#2" for the second of that name.
func Named(name string) TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.Name = name })
}

// Queue bounds the points that wait for one transport, in batches and in bytes of
// memory. Default: 1,024 batches or 32 MiB, whichever is reached first. Events and
// service checks wait in a queue of their own, up to 1,000 or as many bytes.
func Queue(batches, bytes int) TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.QueueBatches, c.QueueBytes = batches, bytes })
}

// DropOldest makes a full queue drop its oldest batch. This is the default.
func DropOldest() TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.DropNewest = false })
}

// DropNewest makes a full queue refuse the newest batch.
func DropNewest() TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.DropNewest = true })
}

// RetryUnknown sends again what was sent and whose answer was lost, also for
// kinds that the backend adds up: nothing is lost then, and something may be
// counted twice. Default: such points are counted as unknown.
func RetryUnknown() TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.RetryUnknown = true })
}

// OnlyMetrics sends only the metrics for whose full name, namespace included, keep
// returns true. Events and service checks are sent without asking. The flusher
// calls keep once for each series and remembers the answer. keep must be quick and
// must not call the client: nothing is swapped while it runs.
func OnlyMetrics(keep func(name string) bool) TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.Only = keep })
}

// WithFlushInterval sets how often closed buckets are handed to the transports.
// 100 ms to 1 h, default 10 s, aligned to the epoch.
func WithFlushInterval(d time.Duration) Option {
	return option(func(c *config) { c.interval, c.intervalSet = d, true })
}

// WithRollupInterval sets the length of a roll-up bucket: whole seconds, 1 s to
// 1 h, default 10 s, aligned to the epoch. It may be longer or shorter than the
// flush interval.
func WithRollupInterval(d time.Duration) Option {
	return option(func(c *config) { c.rollup = d })
}

// WithFlushJitter delays each hand-over to the transports by a fresh random time
// below d, so that many processes do not send at once. Default: a tenth of the
// flush interval; 0 for none.
func WithFlushJitter(d time.Duration) Option {
	return option(func(c *config) { c.jitter, c.jitterSet = d, true })
}

// WithNamespace puts a prefix and a dot in front of every name.
func WithNamespace(namespace string) Option {
	return option(func(c *config) { c.namespace = namespace })
}

// WithTags adds tags to every series.
func WithTags(tags ...string) Option {
	return option(func(c *config) { c.rawTags = append(c.rawTags, tags...) })
}

// WithHost sets the host of every series. "" is a host of its own. Default: none.
func WithHost(host string) Option {
	return option(func(c *config) { c.host, c.hostGiven = hostName{host, true}, true })
}

// WithoutHost undoes WithHost, and keeps FromEnv from setting a host.
func WithoutHost() Option {
	return option(func(c *config) { c.host, c.hostGiven = hostName{}, true })
}

// WithDevice sets the device of every series. Default: none.
func WithDevice(device string) Option {
	return option(func(c *config) { c.device = device })
}

// WithPercentiles sets the percentiles of histograms and timings where they are
// sent as flat points, as fractions between 0 and 1. Default: those of the
// profile.
func WithPercentiles(p ...float64) Option {
	return option(func(c *config) { c.percentiles = append([]float64{}, p...) })
}

// WithAggregates sets the figures of histograms and timings where they are sent
// as flat points, and their order. Default: those of the profile.
func WithAggregates(a ...Aggregate) Option {
	return option(func(c *config) { c.aggregates = append([]Aggregate{}, a...) })
}

// WithShards sets the number of shards, rounded up to a power of two, at most
// 256. Default: the next power of two from GOMAXPROCS.
//
// Memory: each shard that touches one of a group of 64 counters costs 512 B for
// the group, one of 16 histograms 2.25 KiB for the group; each histogram keeps
// 2 generations × touched shards × samples × 8 B, of as many samples as it really
// has: up to the reservoir's size.
func WithShards(n int) Option {
	return option(func(c *config) { c.shards, c.shardsSet = n, true })
}

// WithReservoirSize sets how many samples a histogram keeps, in each shard and
// after the merge. Count, sum, min and max are exact all the same. Default 1,000.
// For the memory see [WithShards].
func WithReservoirSize(n int) Option {
	return option(func(c *config) { c.reservoirSize, c.reservoirSet = n, true })
}

// WithSeriesLimit bounds the live series. At the limit the series idle longest
// gives up its place; if none is idle, what is submitted to a new one goes to an
// overflow series (gauges are dropped, series_limit). Default 10,000.
func WithSeriesLimit(n int) Option {
	return option(func(c *config) { c.seriesLimit = n })
}

// WithIdleExpiry sets after what time without submissions a series gives its
// memory back. Default 5 min.
func WithIdleExpiry(d time.Duration) Option {
	return option(func(c *config) { c.idleExpiry = d })
}

// WithLateWindow sets how long a bucket that was sent is kept for late points.
// After that a late point still goes to backends that add up; for those that
// overwrite, Datadog among them, it is dropped and counted as late_unmerged if
// its series was sent in that bucket. So with timestamps give the lateness that
// is to be expected; it costs the memory of the buckets. Default: two flush
// intervals.
func WithLateWindow(d time.Duration) Option {
	return option(func(c *config) { c.lateWindow, c.lateWindowSet = d, true })
}

// WithMaxAge sets how old and how far ahead a timestamp may be; 0 means any.
// Default: 1 h and 10 min, which is what Datadog accepts, and any in the ThreadStats
// profile.
func WithMaxAge(past, ahead time.Duration) Option {
	return option(func(c *config) { c.maxPast, c.maxAhead, c.maxAgeSet = past, ahead, true })
}

// WithManualFlush makes Flush, FlushAt and Shutdown the only ones to move data:
// the client starts no goroutine. Timestamped points, sampled observations and
// samples of rates wait in memory between two flushes, up to 16 MiB.
func WithManualFlush() Option {
	return option(func(c *config) { c.manual = true })
}

// WithDisabled makes New return a client that discards everything, cheaply, and
// needs no transport.
func WithDisabled() Option {
	return option(func(c *config) { c.disabled = true })
}

// WithClock sets the wall clock. Default: time.Now.
func WithClock(clock Clock) Option {
	return option(func(c *config) { c.clock = clock })
}

// WithLogger sets where the library logs. Default: slog.Default().
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config) { c.logger = l })
}

// WithErrorHandler sets who gets errors that have no caller: a failing backend, a
// name used with two kinds, too many series. They are logged in any case. It is
// called from the flusher or a sender, never from a submission, at a limited
// rate; it must not block for long.
func WithErrorHandler(handle func(error)) Option {
	return option(func(c *config) { c.onError = handle })
}
