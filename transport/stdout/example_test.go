package stdout_test

import (
	"context"
	"os"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/stdout"
)

func Example() {
	out := stdout.New(os.Stdout)
	_ = out.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "jobs.done", Tags: []string{"queue:mail"}, Kind: transport.KindCount, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: 1_700_000_000, Value: 3}, {Unix: 1_700_000_010, Value: 0.5, Rev: 1}},
	}}})
	// Output:
	// {"time":1700000000,"name":"jobs.done","kind":"count","value":3,"tags":["queue:mail"],"interval":10}
	// {"time":1700000010,"name":"jobs.done","kind":"count","value":0.5,"tags":["queue:mail"],"interval":10,"rev":1}
}
