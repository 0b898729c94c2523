package stats_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// Board is a transport of our own that shows events and service checks.
type Board struct{}

// Describe says that it takes both; without that they would be counted as
// unsupported.
func (Board) Describe() transport.Description {
	return transport.Description{Name: "board", Events: true, Checks: true}
}

// Send prints what is in b.
func (Board) Send(_ context.Context, b *transport.Batch) error {
	for _, e := range b.Events {
		fmt.Println(e.Time.Format(time.TimeOnly), e.AlertType, e.Title, "-", e.Text, e.Tags)
	}
	for _, sc := range b.Checks {
		fmt.Println(sc.Name, "on", sc.Host, "is", sc.Status, "-", sc.Message, sc.Tags)
	}
	return nil
}

// Close has nothing to end.
func (Board) Close(context.Context) error { return nil }

// Events carry the constant tags, and no namespace.
func ExampleClient_Event() {
	c, err := stats.New(
		stats.WithTransport(Board{}),
		stats.WithNamespace("shop"),
		stats.WithTags("env:prod"),
		stats.WithManualFlush(), // leave this out, and an event goes out at once
	)
	if err != nil {
		log.Fatal(err)
	}
	c.Event(stats.Event{
		Title:     "User signup",
		Text:      "New user registration completed",
		Time:      tenOClock, // leave it out for now
		AlertType: stats.AlertSuccess,
		Tags:      []string{"source:web", "funnel:signup"},
	})
	_ = c.Close()
	// Output:
	// 10:00:07 success User signup - New user registration completed [source:web funnel:signup env:prod]
}

func ExampleClient_ServiceCheck() {
	c, err := stats.New(stats.WithTransport(Board{}), stats.WithHost("db1"), stats.WithManualFlush())
	if err != nil {
		log.Fatal(err)
	}
	c.ServiceCheck(stats.ServiceCheck{
		Name: "db.can_connect", Status: stats.CheckWarning, Message: "2 of 3 replicas", Tags: []string{"role:primary"},
	})
	_ = c.Close()
	// Output:
	// db.can_connect on db1 is warning - 2 of 3 replicas [role:primary]
}
