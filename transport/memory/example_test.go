package memory_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

func Example() {
	sink := memory.New()
	sink.FailNext(1, &transport.SendError{Outcome: transport.Retry, Err: errors.New("no route to host")})
	b := &transport.Batch{Series: []transport.Series{{
		Name: "jobs.done", Tags: []string{"queue:mail"}, Kind: transport.KindCount,
		Points: []transport.Point{{Unix: 1_700_000_000, Value: 3}},
	}}}

	fmt.Println(sink.Send(context.Background(), b))
	fmt.Println(sink.Send(context.Background(), b))
	fmt.Println(sink.Sum("jobs.done", "queue:mail"))
	// Output:
	// no route to host
	// <nil>
	// 3
}
