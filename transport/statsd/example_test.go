package statsd_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// printer stands for a statsd server: it prints the lines that it gets.
func printer() (address string, done <-chan struct{}) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer l.Close()
		for got := 0; got < 4; {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for lines := bufio.NewScanner(conn); lines.Scan(); got++ {
				fmt.Println(lines.Text())
			}
			_ = conn.Close() // as a server does that has read everything
		}
	}()
	return l.Addr().String(), served
}

// The transport without a client: a batch made by hand, and a line of one's own.
func Example() {
	address, served := printer()
	sd, err := statsd.New(statsd.Config{Address: address, Service: "mail", Environment: "live", Confirm: statsd.ConfirmNone})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := sd.Start(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("connected:", sd.Connected())
	err = sd.Send(ctx, &transport.Batch{Series: []transport.Series{
		{Name: "jobs", Tags: []string{"queue:out"}, Kind: transport.KindCount, Points: []transport.Point{{Value: 3}}},
		{Name: "depth", Kind: transport.KindGauge, Points: []transport.Point{{Value: -2}}},
	}})
	if err != nil {
		fmt.Println(err)
	}
	if err := sd.Inject("timers.query", "320", "ms|@0.1"); err != nil {
		fmt.Println(err)
	}
	if err := sd.Close(ctx); err != nil { // sends what Inject has queued
		fmt.Println(err)
	}
	<-served
	// Output:
	// connected: true
	// applications.mail.live.counters.jobs.queue.out:3|c
	// applications.mail.live.gauges.depth:0|g
	// applications.mail.live.gauges.depth:-2|g
	// applications.mail.live.timers.query:320|ms|@0.1
}

// A program can be told that it has forgotten something before it starts.
func ExampleNew() {
	_, err := statsd.New(statsd.Config{Address: "statsd:port", Service: "mail"})
	fmt.Println(err)
	// Output:
	// statsd: Config.Address is "statsd:port", whose port is no number from 1 to 65535
	// statsd: Config.Prefix is empty: set it, or Service and Environment, or NoPrefix if none is wanted
}

// A program whose statsd is switched off keeps its calls.
func ExampleNop() {
	sd := statsd.Nop()
	fmt.Println(sd.Start(context.Background()), sd.Connected(), sd.GaugeDelta("sessions", 1))
	// Output: <nil> false <nil>
}
