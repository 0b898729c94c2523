package discard_test

import (
	"context"
	"fmt"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
)

func Example() {
	sink := discard.New()
	err := sink.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "jobs.done", Kind: transport.KindCount,
		Points: []transport.Point{{Unix: 1_700_000_000, Value: 3}, {Unix: 1_700_000_010, Value: 4}},
	}}})
	fmt.Println(err, sink.Points())
	// Output: <nil> 2
}
