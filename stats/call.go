package stats

import (
	"math"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Call carries what a submission has beside its value: a timestamp, a host, a
// sampling rate. It is a small value; of each the last one given wins; the zero
// Call discards:
//
//	c.At(order.Created).OnHost(order.Shop).Count("orders", 1)
//
// A submission with a timestamp goes into the roll-up bucket of that time, which
// may have been sent already: then what it adds is sent, as the backend needs
// it. One older or newer than WithMaxAge allows is dropped, counted as too_old or
// too_new. If a bucket of a gauge has values with and without a timestamp, those
// without win.
//
// It has few fields, so that it fits into registers together with a name, tags and
// a value.
type Call struct {
	client *Client // nil only in the zero Call
	unix   int64
	stamp  int32   // 1 + the nanoseconds beyond unix; 0 means no timestamp
	rate   float64 // 0 records all, NaN is for one that is refused
}

// At returns a Call that stamps submissions with t. The zero time means: no
// timestamp of its own.
func (c *Client) At(t time.Time) Call { return c.call().At(t) }

// OnHost returns a Call whose submissions have this host instead of the client's.
// "" is a host of its own. At the first sight of a host it allocates.
func (c *Client) OnHost(host string) Call {
	if !c.live() {
		return Call{}
	}
	return Call{client: c.onHost(host)}
}

// Sampled returns a Call that records a submission with probability rate, which
// then weighs 1/rate: sums and counts are right on average, and cost less. It is
// for counters, histograms, timings and distributions; gauges, sets and rates
// ignore it and are always recorded. With a rate that is not above 0 and at most 1
// submissions are refused and counted as bad_rate.
func (c *Client) Sampled(rate float64) Call { return c.call().Sampled(rate) }

// call returns the Call that carries nothing.
func (c *Client) call() Call {
	if !c.live() {
		return Call{}
	}
	return Call{client: c}
}

// At returns k with another timestamp.
func (k Call) At(t time.Time) Call {
	k.unix, k.stamp = 0, 0
	if k.client != nil && !t.IsZero() {
		k.unix, k.stamp = t.Unix(), 1+int32(t.Nanosecond())
	}
	return k
}

func (k *Call) timed() bool { return k.stamp != 0 }

// OnHost returns k with another host.
func (k Call) OnHost(host string) Call {
	if k.client != nil {
		k.client = k.client.onHost(host)
	}
	return k
}

// Sampled returns k with another sampling rate.
func (k Call) Sampled(rate float64) Call {
	if !(rate >= leastRate && rate <= 1) {
		rate = math.NaN()
	}
	k.rate = rate
	return k
}

// leastRate is the smallest normal float64. Of what is below, 1/rate may be
// infinite.
const leastRate = 0x1p-1022

// Increment adds 1 to a counter.
func (k Call) Increment(name string, tags ...string) { k.Count(name, 1, tags...) }

// Decrement subtracts 1 from a counter.
func (k Call) Decrement(name string, tags ...string) { k.Count(name, -1, tags...) }

// Count is [Client.Count] with what k carries.
func (k Call) Count(name string, delta int64, tags ...string) {
	weight, ok := k.draw(0)
	if !ok {
		return
	}
	if weight != 1 {
		scaled := float64(delta) * weight
		if weight != math.Trunc(weight) || math.Abs(scaled) > maxExact {
			k.addFloat(name, tags, scaled)
			return
		}
		delta = int64(scaled)
	}
	if k.timed() {
		k.submit(transport.KindCount, name, tags, shard.Timed{N: delta})
		return
	}
	k.client.Count(name, delta, tags...)
}

// maxExact is up to where every whole number is a float64.
const maxExact = 1 << 53

// CountFloat is [Client.CountFloat] with what k carries.
func (k Call) CountFloat(name string, delta float64, tags ...string) {
	if weight, ok := k.draw(delta); ok {
		k.addFloat(name, tags, delta*weight)
	}
}

func (k Call) addFloat(name string, tags []string, delta float64) {
	if k.timed() {
		k.submit(transport.KindCount, name, tags, shard.Timed{Value: delta})
		return
	}
	k.client.CountFloat(name, delta, tags...)
}

// Gauge is [Client.Gauge] with k's timestamp and host: of several in one bucket
// the one submitted last is sent.
func (k Call) Gauge(name string, value float64, tags ...string) {
	if !k.timed() {
		k.client.Gauge(name, value, tags...)
		return
	}
	k.submit(transport.KindGauge, name, tags, shard.Timed{Value: value})
}

// Histogram is [Client.Histogram] with what k carries.
func (k Call) Histogram(name string, value float64, tags ...string) {
	if weight, ok := k.draw(value); !ok {
		return
	} else if k.timed() || weight != 1 {
		k.submit(transport.KindHistogram, name, tags, shard.Timed{Value: value, Weight: weight})
		return
	}
	k.client.Histogram(name, value, tags...)
}

// Distribution is [Client.Distribution] with what k carries.
func (k Call) Distribution(name string, value float64, tags ...string) {
	if weight, ok := k.draw(value); !ok {
		return
	} else if k.timed() || weight != 1 {
		k.submit(transport.KindDistribution, name, tags, shard.Timed{Value: value, Weight: weight})
		return
	}
	k.client.Distribution(name, value, tags...)
}

// Timing is [Client.Timing] with what k carries.
func (k Call) Timing(name string, d time.Duration, tags ...string) {
	if weight, ok := k.draw(0); !ok {
		return
	} else if k.timed() || weight != 1 {
		k.submit(transport.KindTiming, name, tags, shard.Timed{Value: milliseconds(d), Weight: weight})
		return
	}
	k.client.Timing(name, d, tags...)
}

// Set is [Client.Set] with k's timestamp and host. With a timestamp the member is
// copied.
func (k Call) Set(name, member string, tags ...string) {
	if !k.timed() {
		k.client.Set(name, member, tags...)
		return
	}
	if member, ok := k.client.core.memberText(member); ok {
		k.submit(transport.KindSet, name, tags, shard.Timed{Member: member})
	}
}

// Rate is [Client.Rate] with k's timestamp, which is when the sample was taken,
// and its host.
func (k Call) Rate(name string, value float64, tags ...string) {
	if !k.timed() {
		k.client.Rate(name, value, tags...)
		return
	}
	k.submit(transport.KindRate, name, tags, shard.Timed{Value: value, N: unixNanos(k.unix, k.stamp-1)})
}

// GaugeAdd is [Client.GaugeAdd] on k's host; a relative change has no timestamp,
// so it is for a Call without one. With one it is refused and counted as
// bad_value.
func (k Call) GaugeAdd(name string, delta float64, tags ...string) {
	if k.timed() {
		k.client.core.refuse(transport.ReasonBadValue)
		return
	}
	k.client.GaugeAdd(name, delta, tags...)
}

// draw decides whether a submission is recorded, and what it weighs. A value that
// is no number is refused whatever the draw.
func (k Call) draw(value float64) (weight float64, ok bool) {
	switch {
	case k.rate == 0 || k.client == nil: // a nil client discards by itself
		return 1, true
	case k.rate != k.rate:
		k.client.core.refuse(transport.ReasonBadRate)
		return 0, false
	case value-value != 0:
		k.client.core.refuse(transport.ReasonBadValue)
		return 0, false
	}
	if !k.client.core.store.Chance(k.rate) {
		return 0, false
	}
	return 1 / k.rate, true
}

// submit hands a submission to the log of a shard: one with a timestamp or with a
// weight. So k has a client.
func (k Call) submit(kind kind, name string, tags []string, t shard.Timed) {
	t.Untimed, t.UnixSec = !k.timed(), k.unix
	if s := k.client.series(kind, name, tags); s != nil {
		s.ref().Timed(t)
		runtime.KeepAlive(s)
	}
}
