package stats_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
	"github.com/shardstats/shardstats/transport/stdout"
)

// One client is shared by all goroutines. With the ThreadStats profile the figures
// are those that Python's ThreadStats sends: counts per second, and its set of
// percentiles.
func ExampleWithProfile() {
	c := newExample(stats.WithProfile(stats.ProfileThreadStats))
	var wg sync.WaitGroup
	for worker := range 5 {
		wg.Go(func() {
			for range 100 {
				c.Increment("worker.task.completed")
				c.Timing("worker.task.duration", time.Duration(25+worker*5)*time.Millisecond)
			}
		})
	}
	wg.Wait()
	_ = c.Close()
	// Unordered output:
	// {"time":1577872800,"name":"worker.task.completed","kind":"rate","value":50,"tags":[],"interval":10}
	// {"time":1577872800,"name":"worker.task.duration.min","kind":"gauge","value":25,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.max","kind":"gauge","value":45,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.count","kind":"rate","value":50,"tags":[],"interval":10}
	// {"time":1577872800,"name":"worker.task.duration.avg","kind":"gauge","value":35,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.75percentile","kind":"gauge","value":40,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.85percentile","kind":"gauge","value":45,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.95percentile","kind":"gauge","value":45,"tags":[],"unit":"millisecond","interval":10}
	// {"time":1577872800,"name":"worker.task.duration.99percentile","kind":"gauge","value":45,"tags":[],"unit":"millisecond","interval":10}
}

// Flush does not wait for the interval to end. What comes later to the same
// roll-up bucket is sent so that nothing is lost and nothing counts twice.
func ExampleClient_Flush() {
	c, err := stats.New(
		stats.WithTransport(stdout.New(os.Stdout)),
		stats.WithClock(stopped(tenOClock)),
		stats.WithManualFlush(), // no goroutine: only Flush, FlushAt and Shutdown move data
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.Increment("checkpoints", "batch:hourly")
	if err := c.Flush(ctx); err != nil {
		log.Print(err) // it names each transport and how much it still holds
	}
	fmt.Println("flushed")
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"checkpoints","kind":"count","value":1,"tags":["batch:hourly"],"interval":10}
	// flushed
}

// How often is sent and how long a roll-up bucket is are set apart, and so is
// what every series carries.
func ExampleNew_customAggregation() {
	c, err := stats.New(
		stats.WithTransport(stdout.New(os.Stdout)),
		stats.WithFlushInterval(30*time.Second),
		stats.WithRollupInterval(time.Minute),
		stats.WithHost("custom-host"),
		stats.WithDevice("container-1"),
		stats.WithAggregates(stats.AggregateMax, stats.AggregatePercentiles),
		stats.WithPercentiles(0.5, 0.999),
		stats.WithManualFlush(), stats.WithClock(stopped(tenOClock)), // for this example
	)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 1000 {
		c.Increment("custom.counter", "batch:hourly")
		c.Histogram("custom.size", float64(i))
	}
	_ = c.Close()
	// Unordered output:
	// {"time":1577872800,"name":"custom.counter","kind":"count","value":1000,"tags":["batch:hourly"],"host":"custom-host","device":"container-1","interval":60}
	// {"time":1577872800,"name":"custom.size.max","kind":"gauge","value":999,"tags":[],"host":"custom-host","device":"container-1","interval":60}
	// {"time":1577872800,"name":"custom.size.50percentile","kind":"gauge","value":499,"tags":[],"host":"custom-host","device":"container-1","interval":60}
	// {"time":1577872800,"name":"custom.size.99_9percentile","kind":"gauge","value":998,"tags":[],"host":"custom-host","device":"container-1","interval":60}
}

// A host, a time and a sampling rate of one submission's own.
func ExampleClient_OnHost() {
	c := newExample(stats.WithHost("web1"))
	c.Increment("requests")
	c.OnHost("web2").At(tenOClock.Add(-time.Minute)).Count("requests", 5)
	_ = c.Close()
	// Output:
	// {"time":1577872740,"name":"requests","kind":"count","value":5,"tags":[],"host":"web2","interval":10}
	// {"time":1577872800,"name":"requests","kind":"count","value":1,"tags":[],"host":"web1","interval":10}
}

// With a sampling rate each submission that is recorded weighs 1/rate, so that
// sums stay right on average.
func ExampleClient_Sampled() {
	backend := memory.New()
	c, err := stats.New(stats.WithTransport(backend), stats.WithManualFlush())
	if err != nil {
		log.Fatal(err)
	}
	tenth := c.Sampled(0.1)
	for range 1_000_000 {
		tenth.Increment("packets")
	}
	_ = c.Close()
	sum := backend.Sum("packets")
	fmt.Println("about a million:", 950_000 < sum && sum < 1_050_000)
	// Output:
	// about a million: true
}

func ExampleClient_Rate() {
	c := newExample()
	c.At(tenOClock).Rate("net.bytes", 1000) // without At the time is now
	c.At(tenOClock.Add(2*time.Second)).Rate("net.bytes", 4000)
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"net.bytes","kind":"rate","value":1500,"tags":[],"interval":10}
}

func ExampleClient_GaugeFunc() {
	c := newExample()
	jobs := make(chan int, 8)
	stop := c.GaugeFunc("queue.length", func() float64 { return float64(len(jobs)) }, "queue:mail")
	defer stop()
	jobs <- 1
	jobs <- 2
	_ = c.Close() // each flush asks it
	// Output:
	// {"time":1577872800,"name":"queue.length","kind":"gauge","value":2,"tags":["queue:mail"],"interval":10}
}

func ExampleWithMetric() {
	c := newExample(
		stats.WithMetric("http.*", stats.MetricConfig{BlockTags: []string{"user"}, Aggregates: []stats.Aggregate{stats.AggregateMax}}),
		stats.WithMetric("http.body", stats.MetricConfig{Unit: "byte", Aggregates: []stats.Aggregate{stats.AggregateSum}}),
	)
	c.Histogram("http.depth", 3, "route:cart", "user:ann")
	c.Histogram("http.depth", 7, "route:cart", "user:bob") // the same series
	c.Histogram("http.body", 512)                          // the exact name holds
	_ = c.Close()
	// Unordered output:
	// {"time":1577872800,"name":"http.depth.max","kind":"gauge","value":7,"tags":["route:cart"],"interval":10}
	// {"time":1577872800,"name":"http.body.sum","kind":"gauge","value":512,"tags":[],"unit":"byte","interval":10}
}

func ExampleFromEnv() {
	for name, value := range map[string]string{"DATADOG_TAGS": "team:food,blue", "DD_ENV": "staging", "DD_HOSTNAME": "web1"} {
		defer os.Setenv(name, os.Getenv(name))
		_ = os.Setenv(name, value)
	}
	c := newExample(stats.FromEnv(), stats.WithTags("country:canada"))
	c.Gauge("queue", 12)
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"queue","kind":"gauge","value":12,"tags":["blue","country:canada","env:staging","team:food"],"host":"web1","interval":10}
}

// A program that leaves signals alone ends at the first one. This one flushes
// before it does.
func ExampleFlushOnSignal() {
	c := newExample()
	stop := stats.FlushOnSignal(c)
	defer stop()
	c.Increment("jobs")
	_ = c.Close()
	// Output:
	// {"time":1577872800,"name":"jobs","kind":"count","value":1,"tags":[],"interval":10}
}

func ExampleLocalHost() {
	var opts []stats.Option
	if host, err := stats.LocalHost(); err == nil {
		opts = append(opts, stats.WithHost(host))
	}
	c, err := stats.New(append(opts, stats.WithTransport(stdout.New(os.Stdout)))...)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
}
