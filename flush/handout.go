package flush

import (
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// handout is one batch on its way to the transports that share it. It is
// written by the flusher before hand-out and read only from then on; each
// sender drops its reference when the last of its points is settled, and the
// last one gives the memory back through recycle.
//
// The books count units: a unit is what one (series, bucket) became for one
// transport. An expanded histogram is one unit and several points of the batch.
type handout struct {
	// batch has the ID, and the event or check if it is one; points are packed.
	batch transport.Batch
	packed
	// units[u] is the unit's key, and ends[u] the number of points of the batch
	// up to and including it: unit u covers points [ends[u-1], ends[u]).
	units []unitKey
	ends  []int32
	// bytes estimates what the batch holds in memory, for the queue's bound.
	bytes int
	// holds are the starts of the buckets that have to be kept while this is on its
	// way: see holds.go.
	holds []int64
	// revisions knows the newest revision handed out for a unit of this view.
	revisions *revisions

	refs    atomic.Int32
	recycle func(*handout)
}

// unitKey says which series, which bucket and which revision of it a unit is.
type unitKey struct {
	series    uint64 // Series.Key
	unix      int64  // start of the bucket
	rev       uint32
	overwrite bool // sending it twice does no harm: the backend keeps the last value, or gets running totals
}
