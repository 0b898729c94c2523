package dogstatsd_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// printing starts a server that hands out what it gets.
func printing() (address string, next func() string) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return server.LocalAddr().String(), func() string {
		defer server.Close()
		buf := make([]byte, 1<<16)
		n, _, err := server.ReadFrom(buf)
		if err != nil {
			panic(err)
		}
		return string(buf[:n])
	}
}

// A client that sends to an Agent.
func Example() {
	address, datagram := printing()
	agent, err := dogstatsd.New(dogstatsd.Config{Address: "udp://" + address})
	if err != nil {
		panic(err)
	}
	client, err := stats.New(stats.WithTransport(agent), stats.WithTags("env:prod"))
	if err != nil {
		panic(err)
	}
	client.Count("jobs.done", 1, "queue:mail")
	client.Count("jobs.done", 2, "queue:mail")
	if err := client.Close(); err != nil {
		panic(err)
	}
	fmt.Print(datagram())
	// Output:
	// jobs.done:3|c|#env:prod,queue:mail
}

// All that is wrong with a Config comes at once.
func ExampleConfig() {
	_, err := dogstatsd.New(dogstatsd.Config{Address: "tcp://agent:8125", Cardinality: "medium", Timeout: -time.Second})
	fmt.Println(err)
	// Output:
	// dogstatsd: Config.Address "tcp://agent:8125" has a scheme that is not known: want udp, unix, unixgram or unixstream, as in udp://127.0.0.1:8125
	// dogstatsd: Config.Cardinality is "medium": want none, low, orchestrator or high
	// dogstatsd: Config.Timeout is -1s: want more than 0, or 0 for 1s
}

// The protocol without a client: a batch made by hand. There is no queue and no
// retry; Send says what became of it.
func ExampleTransport_Send() {
	address, datagram := printing()
	agent, err := dogstatsd.New(dogstatsd.Config{Address: address, Timestamps: true, ContainerID: "ci-0123abcd"})
	if err != nil {
		panic(err)
	}
	defer agent.Close(context.Background())
	err = agent.Send(context.Background(), &transport.Batch{
		Series: []transport.Series{
			{
				Name: "jobs.done", Tags: []string{"queue:mail"}, Kind: transport.KindCount,
				Points: []transport.Point{{Unix: 1_700_000_000, Value: 3}},
			},
			{
				Name: "jobs.size", Host: "web1", HostSet: true, Kind: transport.KindDistribution,
				Points: []transport.Point{{Unix: 1_700_000_000, Summary: &transport.Summary{
					Samples: []transport.Sample{{Value: 1.5, Weight: 2}, {Value: 4, Weight: 2}},
				}}},
			},
		},
		Events: []transport.Event{{Title: "Deployed", Text: "version 7\nby hand", AlertType: transport.AlertInfo}},
		Checks: []transport.ServiceCheck{{Name: "mail.up", Status: transport.CheckOK, Message: strings.Repeat("ok ", 2)}},
	})
	fmt.Print(datagram(), err, "\n")
	// Output:
	// jobs.done:3|c|#queue:mail|c:ci-0123abcd|T1700000000
	// jobs.size:1.5:4|d|@0.5|#host:web1|c:ci-0123abcd
	// _e{8,18}:Deployed|version 7\nby hand|t:info|c:ci-0123abcd
	// _sc|mail.up|0|m:ok ok |c:ci-0123abcd
	// <nil>
}
