package flush

import (
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Series is what an id stands for. It is immutable once a catalog has shown it.
type Series struct {
	ID      shard.ID
	Name    string   // with namespace, sanitised
	Tags    []string // sorted, distinct, constant tags included
	Host    string
	HostSet bool
	Device  string
	Kind    transport.Kind
	Key     uint64 // 64-bit hash of the identity (name, tags, kind, host), stable over reuse of ids
}

// Catalog tells the flusher which series an id stands for, and gets the chance
// to expire idle ones. The flusher calls it from one goroutine at a time.
type Catalog interface {
	// Series returns the series of an id that a drain has shown. It returns nil
	// only for an id that was never shown.
	Series(id shard.ID) *Series
	// Sweep is called after each drain. newest is the number of the newest
	// bucket the flusher has made, oldest that of the oldest it keeps
	// (newest+1 if it keeps none): an id given up while newest was n may be
	// reused once oldest > n, for until then a bucket may hold it. It must not
	// call code of the user; what it returns is logged and handed to
	// Config.OnError when no lock is held.
	Sweep(now time.Time, newest, oldest uint64) (complaints []error)
}
