package flush

import (
	"time"

	"github.com/shardstats/shardstats/shard"
)

// Metric is what was configured for the metrics of some names; nil of it, and zero
// fields, leave things as they are.
type Metric struct {
	Unit, Description string
	Percentiles       []float64   // of histograms and timings where they are expanded
	Aggregates        []Aggregate // likewise
	ReservoirSize     int         // samples kept per histogram and bucket
}

// Catalog tells the flusher which series an id stands for, and gets the chance
// to expire idle ones. The flusher calls it from one goroutine at a time.
type Catalog interface {
	// Series returns the series of an id that a drain has shown. It returns nil
	// only for an id that was never shown, or was given up. It may return another
	// pointer for the same series each time: what is one series has one Key.
	Series(id shard.ID) *Series
	// Sweep is called after each drain. newest is the number of the newest
	// bucket the flusher has made, oldest that of the oldest it keeps
	// (newest+1 if it keeps none): an id given up while newest was n may be
	// reused once oldest > n, for until then a bucket may hold it. It must not
	// call code of the user; what it returns is logged and handed to
	// Config.OnError when no lock is held.
	Sweep(now time.Time, newest, oldest uint64) (complaints []error)
}
