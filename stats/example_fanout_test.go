package stats_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
	"github.com/shardstats/shardstats/transport/stdout"
)

// One client feeds any number of backends. Each has a queue, a sender and books of
// its own, so that one that is down holds no other up, and may have a filter and a
// profile of its own.
func ExampleWithTransport() {
	rates := memory.New(memory.Flat())
	c, err := stats.New(
		stats.WithTransport(stdout.New(os.Stdout),
			stats.Named("orders"),
			stats.OnlyMetrics(func(name string) bool { return strings.HasPrefix(name, "orders.") })),
		stats.WithTransport(rates,
			stats.UseProfile(stats.ProfileThreadStats), // counts per second, as datadogpy sends them
			stats.Queue(100, 1<<20)),                   // while it is down: at most 100 batches, 1 MiB
		stats.WithManualFlush(), // leave this out, and a goroutine flushes every 10 s
		stats.WithClock(stopped(tenOClock)),
	)
	if err != nil {
		log.Fatal(err)
	}
	c.Count("orders.paid", 20, "shop:berlin")
	c.Count("logins", 5)
	if err := c.Flush(context.Background()); err != nil {
		log.Print(err)
	}
	fmt.Println("per second:", rates.Sum("orders.paid"), rates.Sum("logins"))
	for _, b := range c.Ledger().Transports {
		fmt.Println(b.Transport, b.Delivered)
	}
	if err := c.Close(); err != nil {
		log.Print(err)
	}
	// Output:
	// {"time":1577872800,"name":"orders.paid","kind":"count","value":20,"tags":["shop:berlin"],"interval":10}
	// per second: 2 0.5
	// orders 1
	// memory 2
}
