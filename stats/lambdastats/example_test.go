package lambdastats_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/stats/lambdastats"
	"github.com/shardstats/shardstats/transport/stdout"
)

// stopped is a clock that stands still, so that the examples print the same times.
type stopped time.Time

func (s stopped) Now() time.Time { return time.Time(s) }

func exampleClient() *stats.Client {
	c, err := stats.New(
		stats.WithTransport(stdout.New(os.Stdout)),                             // datadog.New(…) in a real function
		stats.WithManualFlush(),                                                // no timer that could be frozen
		stats.WithAggregates(stats.AggregateSum),                               // stdout has no distributions: print one line of each
		stats.WithClock(stopped(time.Date(2020, 1, 1, 10, 0, 0, 0, time.UTC))), // leave this out
	)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

type request struct {
	User string `json:"user"`
}

type response struct {
	StatusCode int `json:"statusCode"`
}

// A function that counts its invocations, measures its events, and tells how the
// work went.
func ExampleWrap() {
	handle := func(ctx context.Context, r request) (response, error) {
		lambdastats.Metric(ctx, "lambda.invocation.count", 1, "function:user-processor")
		body, _ := json.Marshal(r)
		lambdastats.Metric(ctx, "lambda.event.size", float64(len(body)))
		if r.User == "" {
			lambdastats.Metric(ctx, "lambda.processing.errors", 1, "error:no_user")
			return response{}, errors.New("no user")
		}
		lambdastats.Metric(ctx, "lambda.processing.success", 1)
		return response{StatusCode: 200}, nil
	}

	wrapped := lambdastats.Wrap(exampleClient(), handle)
	// lambda.Start(wrapped) from here on. It calls the function for each event:
	invoke := wrapped.(func(context.Context, request) (response, error))
	r, err := invoke(context.Background(), request{User: "ann"})
	fmt.Println(r.StatusCode, err)
	_, err = invoke(context.Background(), request{})
	fmt.Println(err)
	// Output:
	// {"time":1577872790,"name":"lambda.invocation.count.sum","kind":"gauge","value":1,"tags":["function:user-processor"],"interval":10}
	// {"time":1577872790,"name":"lambda.event.size.sum","kind":"gauge","value":14,"tags":[],"interval":10}
	// {"time":1577872790,"name":"lambda.processing.success.sum","kind":"gauge","value":1,"tags":[],"interval":10}
	// 200 <nil>
	// {"time":1577872790,"name":"lambda.invocation.count.sum","kind":"gauge","value":2,"tags":["function:user-processor"],"interval":10,"rev":1}
	// {"time":1577872790,"name":"lambda.event.size.sum","kind":"gauge","value":25,"tags":[],"interval":10,"rev":1}
	// {"time":1577872790,"name":"lambda.processing.errors.sum","kind":"gauge","value":1,"tags":["error:no_user"],"interval":10}
	// no user
}

// Func is checked by the compiler.
func ExampleFunc() {
	handle := func(ctx context.Context, r request) (response, error) {
		lambdastats.MetricAt(ctx, "users.seen", 1, time.Date(2020, 1, 1, 9, 59, 30, 0, time.UTC), "user:"+r.User)
		return response{StatusCode: 200}, nil
	}

	wrapped := lambdastats.Func(exampleClient(), handle) // for lambda.Start
	r, err := wrapped(context.Background(), request{User: "ann"})
	fmt.Println(r.StatusCode, err)
	// Output:
	// {"time":1577872770,"name":"users.seen.sum","kind":"gauge","value":1,"tags":["user:ann"],"interval":10}
	// 200 <nil>
}

// Wrappers may call each other: what both submit is flushed once.
func Example_nested() {
	c := exampleClient()
	price := lambdastats.Func(c, func(ctx context.Context, item string) (float64, error) {
		lambdastats.Metric(ctx, "price.lookups", 1, "item:"+item)
		return 9.5, nil
	})
	order := lambdastats.Func(c, func(ctx context.Context, item string) (float64, error) {
		p, err := price(ctx, item)
		fmt.Println("nothing is sent yet")
		lambdastats.Metric(ctx, "orders.value", p)
		return p, err
	})
	_, _ = order(context.Background(), "tea")
	fmt.Println("answered")
	// Output:
	// nothing is sent yet
	// {"time":1577872790,"name":"price.lookups.sum","kind":"gauge","value":1,"tags":["item:tea"],"interval":10}
	// {"time":1577872790,"name":"orders.value.sum","kind":"gauge","value":9.5,"tags":[],"interval":10}
	// answered
}
