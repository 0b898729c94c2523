package stats_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
	"github.com/shardstats/shardstats/transport/stdout"
)

// stopped is a clock that stands still, so that the examples print the same
// every time.
type stopped time.Time

func (s stopped) Now() time.Time { return time.Time(s) }

// tenOClock is seven seconds after ten, in the roll-up bucket 1577872800.
var tenOClock = time.Date(2020, 1, 1, 10, 0, 7, 0, time.UTC)

// newExample is stats.New for the examples: what is sent is printed, and nothing
// moves until Close. A program gives a transport, and leaves the rest out.
func newExample(more ...stats.Option) *stats.Client {
	c, err := stats.New(append([]stats.Option{
		stats.WithTransport(stdout.New(os.Stdout)),
		stats.WithManualFlush(),
		stats.WithClock(stopped(tenOClock)),
	}, more...)...)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func Example() {
	c, err := stats.New(
		stats.WithTransport(stdout.New(os.Stdout)),
		stats.WithNamespace("shop"),
		stats.WithTags("env:prod"),
		stats.WithManualFlush(),             // leave this out, and a goroutine flushes every 10 s
		stats.WithClock(stopped(tenOClock)), // and this
	)
	if err != nil {
		log.Fatal(err)
	}
	requests := c.NewCounter("requests", "route:cart") // resolved once
	requests.Inc()
	requests.Inc()
	c.Count("errors", 1, "route:cart", "status:500") // by name
	c.Gauge("queue", 12)
	if err := c.Close(); err != nil {
		log.Print(err)
	}
	// Unordered output:
	// {"time":1577872800,"name":"shop.requests","kind":"count","value":2,"tags":["env:prod","route:cart"],"interval":10}
	// {"time":1577872800,"name":"shop.errors","kind":"count","value":1,"tags":["env:prod","route:cart","status:500"],"interval":10}
	// {"time":1577872800,"name":"shop.queue","kind":"gauge","value":12,"tags":["env:prod"],"interval":10}
}

func ExampleClient_Count() {
	c := newExample()
	c.Count("bytes", 512, "dir:in")
	c.Count("bytes", 256, "dir:in")
	c.Decrement("bytes", "dir:in")
	c.CountFloat("bytes", 0.5, "dir:in") // the same series
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"bytes","kind":"count","value":767.5,"tags":["dir:in"],"interval":10}
}

func ExampleClient_Gauge() {
	c := newExample()
	c.Gauge("temperature", 20)
	c.Gauge("temperature", 21.5) // the last one of an interval is sent
	c.GaugeAdd("temperature", -1)
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"temperature","kind":"gauge","value":20.5,"tags":[],"interval":10}
}

func ExampleClient_Histogram() {
	c := newExample(stats.WithPercentiles(0.5, 0.99), stats.WithAggregates(
		stats.AggregateMin, stats.AggregateMax, stats.AggregateAvg, stats.AggregatePercentiles, stats.AggregateCount))
	for size := 1; size <= 100; size++ {
		c.Histogram("size", float64(size))
	}
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"size.min","kind":"gauge","value":1,"tags":[],"interval":10}
	// {"time":1577872800,"name":"size.max","kind":"gauge","value":100,"tags":[],"interval":10}
	// {"time":1577872800,"name":"size.avg","kind":"gauge","value":50.5,"tags":[],"interval":10}
	// {"time":1577872800,"name":"size.50percentile","kind":"gauge","value":50,"tags":[],"interval":10}
	// {"time":1577872800,"name":"size.99percentile","kind":"gauge","value":99,"tags":[],"interval":10}
	// {"time":1577872800,"name":"size.count","kind":"count","value":100,"tags":[],"interval":10}
}

func ExampleClient_Distribution() {
	backend := memory.New() // keeps what it is sent
	c, err := stats.New(stats.WithTransport(backend), stats.WithManualFlush(), stats.WithClock(stopped(tenOClock)))
	if err != nil {
		log.Fatal(err)
	}
	for _, amount := range []float64{3, 1, 2} {
		c.Distribution("order.amount", amount)
	}
	_ = c.Close()
	p, _ := backend.Last("order.amount")
	for _, sample := range p.Summary.Samples {
		fmt.Println(sample.Value, "with weight", sample.Weight)
	}
	// Output:
	// 1 with weight 1
	// 2 with weight 1
	// 3 with weight 1
}

func ExampleClient_Timing() {
	c := newExample(stats.WithAggregates(stats.AggregateMax, stats.AggregateCount))
	c.Timing("query", 1500*time.Microsecond, "table:users") // sent in milliseconds
	c.Timing("query", 2*time.Millisecond, "table:users")
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"query.max","kind":"gauge","value":2,"tags":["table:users"],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"query.count","kind":"count","value":2,"tags":["table:users"],"interval":10}
}

func ExampleClient_Set() {
	c := newExample()
	for _, user := range []string{"ann", "bob", "ann"} {
		c.Set("visitors", user)
	}
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"visitors","kind":"set","value":2,"tags":[],"interval":10}
}

func ExampleClient_StartTimer() {
	c := newExample(stats.WithAggregates(stats.AggregateCount))
	handle := func() {
		defer c.StartTimer("request", "route:cart").Stop()
		// ... the work
	}
	handle()
	handle()
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"request.count","kind":"count","value":2,"tags":["route:cart"],"interval":10}
}

func ExampleClient_Timed() {
	c := newExample(stats.WithAggregates(stats.AggregateCount))
	c.Timed("job", func() { fmt.Println("working") }, "name:nightly")
	_ = c.Close()
	// Output:
	// working
	// {"time":1577872800,"name":"job.count","kind":"count","value":1,"tags":["name:nightly"],"interval":10}
}

// Points that carry a time of their own go into the roll-up bucket of that time.
func ExampleClient_At() {
	c := newExample(stats.WithRollupInterval(5 * time.Second))
	at := func(hour, minute, second int) stats.Call {
		return c.At(time.Date(2020, 1, 1, hour, minute, second, 0, time.UTC))
	}
	at(9, 30, 15).Count("orders", 1)
	at(10, 0, 0).Count("orders", 2)
	at(10, 0, 4).Count("orders", 1)
	at(10, 0, 5).Count("orders", 1)
	at(10, 0, 9).Count("orders", 1)
	// Closed at 10:00:10 are the buckets that begin at 9:30:15, 10:00:00 and 10:00:05.
	_ = c.FlushAt(context.Background(), time.Date(2020, 1, 1, 10, 0, 10, 0, time.UTC))
	_ = c.Close()
	// Output:
	// {"time":1577871015,"name":"orders","kind":"count","value":1,"tags":[],"interval":5}
	// {"time":1577872800,"name":"orders","kind":"count","value":3,"tags":[],"interval":5}
	// {"time":1577872805,"name":"orders","kind":"count","value":2,"tags":[],"interval":5}
}

// A point that comes after its bucket was sent adds to it: a backend that keeps
// the last value gets the whole again, with a higher revision.
func ExampleClient_At_late() {
	c := newExample()
	c.At(tenOClock).Count("orders", 2)
	_ = c.Flush(context.Background())
	c.At(tenOClock).Count("orders", 1)
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"orders","kind":"count","value":2,"tags":[],"interval":10}
	// {"time":1577872800,"name":"orders","kind":"count","value":3,"tags":[],"interval":10,"rev":1}
}

func ExampleClient_With() {
	c := newExample(stats.WithNamespace("app"))
	worker := c.WithNamespace("worker").With("queue:mail") // keep it: it is made once
	worker.Increment("jobs", "result:ok")
	c.Increment("starts")
	_ = c.Close() // of all of them
	// Unordered output:
	// {"time":1577872800,"name":"app.worker.jobs","kind":"count","value":1,"tags":["queue:mail","result:ok"],"interval":10}
	// {"time":1577872800,"name":"app.starts","kind":"count","value":1,"tags":[],"interval":10}
}

func ExampleClient_NewHistogram() {
	c := newExample(stats.WithAggregates(stats.AggregateSum, stats.AggregateCount))
	latency := c.NewHistogram("latency", "route:cart") // once
	latency.Observe(3)                                 // often
	latency.ObserveN([]float64{4, 5})
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"latency.sum","kind":"gauge","value":12,"tags":["route:cart"],"interval":10}
	// {"time":1577872800,"name":"latency.count","kind":"count","value":3,"tags":["route:cart"],"interval":10}
}

func ExampleClient_Ledger() {
	c := newExample()
	c.Count("a", 1)
	c.Gauge("b", 1)
	c.CountFloat("a", nan()) // refused
	_ = c.Close()
	c.Count("a", 1) // too late

	l := c.Ledger()
	for _, b := range l.Transports {
		fmt.Printf("%s: %d rolled up = %d delivered + %d pending, balanced: %t\n",
			b.Transport, b.RolledUp, b.Delivered, b.Pending, b.Balanced())
	}
	fmt.Println("refused:", l.Refused)
	// Unordered output:
	// {"time":1577872800,"name":"a","kind":"count","value":1,"tags":[],"interval":10}
	// {"time":1577872800,"name":"b","kind":"gauge","value":1,"tags":[],"interval":10}
	// stdout: 2 rolled up = 2 delivered + 0 pending, balanced: true
	// refused: map[after_stop:1 bad_value:1]
}

// What a Shutdown could not deliver is in its error.
func ExampleClient_Shutdown() {
	backend := memory.New()
	backend.FailNext(1, &transport.SendError{Outcome: transport.Permanent, Err: errors.New("no such project")})
	c, err := stats.New(quiet(stats.WithTransport(backend), stats.WithManualFlush(), stats.WithClock(stopped(tenOClock)))...)
	if err != nil {
		log.Fatal(err)
	}
	c.Count("a", 1)
	c.Gauge("b", 1)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var loss *stats.LossError
	if err := c.Shutdown(ctx); errors.As(err, &loss) {
		for _, b := range loss.Transports {
			fmt.Println(b.Transport, "lost", b.DroppedTotal(), "of", b.RolledUp, "points:", b.Dropped)
		}
	}
	// Output:
	// memory lost 2 of 2 points: map[permanent:2]
}
