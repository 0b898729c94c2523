package stats

import (
	"runtime"
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Call carries what a submission has beside its value. It is a small value; the
// zero one discards:
//
//	c.At(order.Created).Count("orders", 1, "shop:berlin")
//
// A submission with a timestamp goes into the roll-up bucket of that time, which
// may have been sent already: then what it adds is sent, as the backend needs
// it. One older or newer than WithMaxAge allows is dropped, counted as too_old or
// too_new. If a bucket of a gauge has values with and without a timestamp, those
// without win.
type Call struct {
	client *Client
	unix   int64
	timed  bool
}

// At returns a Call that stamps submissions with t. The zero time means: no
// timestamp of its own.
func (c *Client) At(t time.Time) Call {
	if !c.live() {
		return Call{}
	}
	return Call{client: c, unix: t.Unix(), timed: !t.IsZero()}
}

// At returns k with another timestamp.
func (k Call) At(t time.Time) Call { return k.client.At(t) }

// Increment adds 1 to a counter.
func (k Call) Increment(name string, tags ...string) { k.Count(name, 1, tags...) }

// Decrement subtracts 1 from a counter.
func (k Call) Decrement(name string, tags ...string) { k.Count(name, -1, tags...) }

// Count is [Client.Count] with k's timestamp.
func (k Call) Count(name string, delta int64, tags ...string) {
	if !k.timed {
		k.client.Count(name, delta, tags...)
		return
	}
	k.submit(transport.KindCount, name, tags, shard.Timed{N: delta})
}

// CountFloat is [Client.CountFloat] with k's timestamp.
func (k Call) CountFloat(name string, delta float64, tags ...string) {
	if !k.timed {
		k.client.CountFloat(name, delta, tags...)
		return
	}
	k.submit(transport.KindCount, name, tags, shard.Timed{Value: delta})
}

// Gauge is [Client.Gauge] with k's timestamp: of several in one bucket the one
// submitted last is sent.
func (k Call) Gauge(name string, value float64, tags ...string) {
	if !k.timed {
		k.client.Gauge(name, value, tags...)
		return
	}
	k.submit(transport.KindGauge, name, tags, shard.Timed{Value: value})
}

// Histogram is [Client.Histogram] with k's timestamp.
func (k Call) Histogram(name string, value float64, tags ...string) {
	if !k.timed {
		k.client.Histogram(name, value, tags...)
		return
	}
	k.submit(transport.KindHistogram, name, tags, shard.Timed{Value: value})
}

// Distribution is [Client.Distribution] with k's timestamp.
func (k Call) Distribution(name string, value float64, tags ...string) {
	if !k.timed {
		k.client.Distribution(name, value, tags...)
		return
	}
	k.submit(transport.KindDistribution, name, tags, shard.Timed{Value: value})
}

// Timing is [Client.Timing] with k's timestamp.
func (k Call) Timing(name string, d time.Duration, tags ...string) {
	if !k.timed {
		k.client.Timing(name, d, tags...)
		return
	}
	k.submit(transport.KindTiming, name, tags, shard.Timed{Value: milliseconds(d)})
}

// Set is [Client.Set] with k's timestamp. The member is copied.
func (k Call) Set(name, member string, tags ...string) {
	if !k.timed {
		k.client.Set(name, member, tags...)
		return
	}
	if member, ok := k.client.core.memberText(member); ok {
		k.submit(transport.KindSet, name, tags, shard.Timed{Member: member})
	}
}

// GaugeAdd is [Client.GaugeAdd]; a relative change has no timestamp, so it is
// for a Call without one. With one it is refused and counted as bad_value.
func (k Call) GaugeAdd(name string, delta float64, tags ...string) {
	if k.timed {
		k.client.core.refuse(transport.ReasonBadValue)
		return
	}
	k.client.GaugeAdd(name, delta, tags...)
}

// submit hands a timestamped submission to the log of a shard. k is timed, and
// so has a live client.
func (k Call) submit(kind kind, name string, tags []string, t shard.Timed) {
	t.UnixSec = k.unix
	if s := k.client.series(kind, name, tags); s != nil {
		s.ref.Timed(t)
		runtime.KeepAlive(s)
	}
}
