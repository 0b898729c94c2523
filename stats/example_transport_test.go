package stats_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// Console is a transport of our own: two methods are enough. Without more it
// gets counts and gauges only, and a late point as what it adds.
type Console struct{}

// Send prints each point.
func (Console) Send(_ context.Context, b *transport.Batch) error {
	for i := range b.Series {
		s := &b.Series[i]
		for _, p := range s.Points {
			fmt.Println(s.Kind, s.Name, s.Tags, "=", p.Value)
		}
	}
	return nil
}

// Close has nothing to end.
func (Console) Close(context.Context) error { return nil }

func Example_customTransport() {
	c, err := stats.New(
		stats.WithTransport(Console{}, stats.Named("console"), stats.OnlyMetrics(func(name string) bool { return name != "secret" })),
		stats.WithManualFlush(), // leave this out, and a goroutine flushes every 10 s
	)
	if err != nil {
		log.Fatal(err)
	}
	c.Count("requests", 2, "route:cart")
	c.Gauge("secret", 1)
	if err := c.Flush(context.Background()); err != nil {
		log.Print(err)
	}
	fmt.Println(c.Ledger().Transports[0].Delivered, "point delivered")
	if err := c.Close(); err != nil {
		log.Print(err)
	}
	// Output:
	// count requests [route:cart] = 2
	// 1 point delivered
}
