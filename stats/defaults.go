package stats

import "time"

// Every default, once. docs/CONFIGURATION.md lists them with their options.
const (
	defaultFlushInterval = 10 * time.Second
	minFlushInterval     = 100 * time.Millisecond
	maxFlushInterval     = time.Hour

	defaultRollupInterval = 10 * time.Second
	minRollupInterval     = time.Second
	maxRollupInterval     = time.Hour

	defaultJitterShare = 10 // the flush interval divided by it

	maxShards = 256

	defaultReservoirSize = 1000
	maxReservoirSize     = 1 << 20

	defaultSeriesLimit = 10_000
	maxSeriesLimit     = 16 << 20

	defaultIdleExpiry = 5 * time.Minute

	defaultLateFlushes = 2 // the late window, in flush intervals

	defaultMaxPast  = time.Hour
	defaultMaxAhead = 10 * time.Minute

	defaultBuckets            = 512 // open and kept
	defaultSetMembers         = 10_000
	defaultDistributionValues = 100_000 // where not every transport takes sketches
	defaultSketchValues       = 4096    // else a distribution goes on as a sketch then, without a bound
	defaultRunningSeries      = 100_000 // or four times the series limit
	defaultTimedBytes         = 16 << 20

	defaultQueueBatches = 1024
	defaultQueueBytes   = 32 << 20
	defaultQueueEvents  = 1000 // events and service checks

	defaultCloseTimeout = 5 * time.Second
)
