package flush

import (
	"context"
	"log/slog"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Clock is the wall clock that stamps buckets and judges ages.
type Clock interface{ Now() time.Time }

// Config is what stats hands to [New]. It has been checked and has its defaults.
type Config struct {
	Store   Source
	Catalog Catalog
	Clock   Clock

	Rollup   time.Duration // whole seconds
	Interval time.Duration // flush interval
	Jitter   time.Duration // hand-over to senders is delayed by a random time up to this; 0 = none
	Manual   bool          // no goroutine: Flush, FlushAt and Shutdown move the data

	LateWindow time.Duration // how long a bucket is kept for late points
	MaxPast    time.Duration // accepted age of timestamps; 0 = any
	MaxAhead   time.Duration
	MaxBuckets int // open and kept ones
	// RunningSeries bounds how many series each transport that wants running totals,
	// or has no timestamps, is remembered for; 0 for 100,000.
	RunningSeries int

	ReservoirSize      int // samples kept per histogram and bucket after the merge
	DistributionValues int // values kept per distribution and bucket
	// SketchValues is after how many values a distribution goes on as a sketch, where
	// every transport takes sketches; 0 for 4,096. Then there is no bound.
	SketchValues int
	SetMembers   int

	Percentiles []float64   // fractions of histograms sent where they are expanded; nil for those of the profile
	Aggregates  []Aggregate // in the order they are sent; nil for those of the profile
	Metrics     []*Metric   // every one that a Series may have

	// BeforeSwap is called before each drain that ends a roll-up interval, and
	// before that of Flush, FlushAt and Shutdown, by the goroutine that is about to
	// drain and without a lock of the flusher. It returns when ctx ends, which
	// leaves half of the caller's time to the delivery. nil: nothing is to be done.
	BeforeSwap func(ctx context.Context)

	Transports []TransportConfig

	Log     *slog.Logger // never nil
	OnError func(error)  // never nil; called from the flusher or a sender, rate-limited
	// Refused counts submissions the flusher has to refuse: too_old and too_new,
	// and set_full and distribution_full where shards merge or points are timed.
	Refused func(transport.Reason, uint64)
}

// TransportConfig is one transport and how it is fed.
type TransportConfig struct {
	Transport    transport.Transport
	Name         string // unique
	QueueBatches int
	QueueBytes   int
	QueueEvents  int  // events and service checks; QueueBytes is the bound of their queue, too
	DropNewest   bool // at the queue's bound; default is to drop the oldest
	RetryUnknown bool // at-least-once for kinds that add up
	Profile      Profile
	Only         func(name string) bool
}

// Profile says what a bucket becomes for a transport: see profile.go.
type Profile uint8

const (
	ProfileDefault Profile = iota + 1
	ProfileThreadStats
)

// Aggregate is one figure of an expanded histogram.
type Aggregate uint8

const (
	AggregateMin Aggregate = iota + 1
	AggregateMax
	AggregateSum
	AggregateAvg
	AggregateCount
	AggregateMedian
	AggregatePercentiles // the list of percentiles, in its order
)
