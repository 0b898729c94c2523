package hotpath

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// Workload is one way of submitting.
type Workload struct {
	Name string
	// Goal is the largest cost in U, beyond Baseline. 0: none was set.
	Goal float64
	// Scales says that two goroutines are to have 1.9 times the throughput of one.
	Scales bool
	// New returns a function that submits n times. Any number of goroutines
	// may call it at once if Scales is set.
	New func(c *stats.Client) func(n int)
	// Baseline, if set, does n times what the caller does anyway. It is measured
	// beside the workload and its cost taken off.
	Baseline func() func(n int)
}

// Workloads returns what is measured, in the order of the table.
func Workloads() []Workload {
	return []Workload{
		{Name: "bound counter", Goal: 1.3, Scales: true, New: boundCounter},
		{Name: "bound gauge, one writer", Goal: 1.4, New: boundGauge},
		{Name: "bound histogram", Goal: 2.6, Scales: true, New: boundHistogram},
		{Name: "bound set, a member it has", New: boundSet},
		{Name: "one-shot counter, 3 literal tags", Goal: 3, Scales: true, New: literalTags},
		{Name: "one-shot counter, 3 literal tags of 20 bytes", New: longTags},
		{Name: "one-shot counter, kept strings, 1000 series", Goal: 3.3, New: keptStrings},
		{Name: "one-shot counter, 3 tags built per call, 1000 series", Goal: 6, New: builtStrings, Baseline: building},
		{Name: "one-shot histogram, 3 literal tags", Goal: 4.4, New: oneShotHistogram},
		{Name: "one-shot gauge, 3 literal tags", New: oneShotGauge},
		{Name: "one-shot timing, 3 literal tags", New: oneShotTiming},
		{Name: "one-shot counter, 3 literal tags, on a host", New: onHost},
		{Name: "one-shot counter, 3 literal tags, sampled at 0.1", New: sampled},
	}
}

// line keeps a word away from whatever else is written. 128 bytes: hardware
// prefetches cache lines in pairs.
type line struct {
	_ [128]byte
	n atomic.Int64
	_ [128 - 8]byte
}

// Unit returns the function that U is the cost of: an atomic add to a word that
// nobody else uses.
func Unit() func(n int) {
	word := new(line)
	return func(n int) {
		for range n {
			word.n.Add(1)
		}
	}
}

func boundCounter(c *stats.Client) func(int) {
	counter := c.NewCounter("bound.counter", "route:users", "method:GET", "status:200")
	return func(n int) {
		for range n {
			counter.Inc()
		}
	}
}

// boundGauge writes another value each time: one that is there is not stored again.
func boundGauge(c *stats.Client) func(int) {
	gauge := c.NewGauge("bound.gauge", "route:users", "method:GET", "status:200")
	return func(n int) {
		for i := range n {
			gauge.Set(float64(i))
		}
	}
}

func boundHistogram(c *stats.Client) func(int) {
	histogram := c.NewHistogram("bound.histogram", "route:users", "method:GET", "status:200")
	return func(n int) {
		for i := range n {
			histogram.Observe(values[i%len(values)])
		}
	}
}

func boundSet(c *stats.Client) func(int) {
	set := c.NewSet("bound.set", "route:users", "method:GET", "status:200")
	return func(n int) {
		for range n {
			set.Add("member-17")
		}
	}
}

func literalTags(c *stats.Client) func(int) {
	return func(n int) {
		for range n {
			c.Increment("literal.counter", "route:users", "method:GET", "status:200")
		}
	}
}

// longTags has strings that are not compared as two words.
func longTags(c *stats.Client) func(int) {
	return func(n int) {
		for range n {
			c.Increment("http.server.requests", "route:/api/v1/users/", "zone:eu-central-1b/2", "method:GET/HTTP-1.1-")
		}
	}
}

func oneShotHistogram(c *stats.Client) func(int) {
	return func(n int) {
		for i := range n {
			c.Histogram("literal.latency", values[i%len(values)], "route:users", "method:GET", "status:200")
		}
	}
}

func oneShotGauge(c *stats.Client) func(int) {
	return func(n int) {
		for i := range n {
			c.Gauge("literal.gauge", float64(i), "route:users", "method:GET", "status:200")
		}
	}
}

func oneShotTiming(c *stats.Client) func(int) {
	return func(n int) {
		for i := range n {
			c.Timing("literal.timing", time.Duration(i)*time.Microsecond, "route:users", "method:GET", "status:200")
		}
	}
}

func onHost(c *stats.Client) func(int) {
	return func(n int) {
		for range n {
			c.OnHost("db-7.example").Increment("literal.counter", "route:users", "method:GET", "status:200")
		}
	}
}

func sampled(c *stats.Client) func(int) {
	return func(n int) {
		for range n {
			c.Sampled(0.1).Increment("literal.counter", "route:users", "method:GET", "status:200")
		}
	}
}

// keptStrings goes over 1000 series whose tags the caller keeps, out of order.
func keptStrings(c *stats.Client) func(int) {
	type kept struct{ route, method, status string }
	tags := make([]kept, 1000)
	for i := range tags {
		id := strconv.Itoa(i)
		tags[i] = kept{"route:" + id, "method:" + id, "status:" + id}
	}
	return func(n int) {
		at := 0
		for range n {
			at = next(at)
			t := &tags[at]
			c.Increment("kept.counter", t.route, t.method, t.status)
		}
	}
}

// builtStrings goes over 1000 series whose tags the caller puts together for
// each call; building is the same without the call.
func builtStrings(c *stats.Client) func(int) {
	return func(n int) {
		at := 0
		for range n {
			at = next(at)
			c.Increment("built.counter", "route:"+ids[at], "method:"+ids[at], "status:"+ids[at])
		}
	}
}

func building() func(int) {
	var bytes int
	return func(n int) {
		at := 0
		for range n {
			at = next(at)
			route, method, status := "route:"+ids[at], "method:"+ids[at], "status:"+ids[at]
			bytes += len(route) + len(method) + len(status)
		}
	}
}

// next walks through 0…999 out of order and comes to each: 637 and 1000 have no
// common factor.
func next(at int) int {
	if at += 637; at >= 1000 {
		at -= 1000
	}
	return at
}

var ids = func() (ids [1000]string) {
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return ids
}()

// values are observations in no order, between 0 and 1.
var values = func() (values [1024]float64) {
	x := uint32(1)
	for i := range values {
		x = x*1664525 + 1013904223 // Numerical Recipes' generator
		values[i] = float64(x>>8) / (1 << 24)
	}
	return values
}()
