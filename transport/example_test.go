package transport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// Graphite is a transport to a Graphite server: a connection for each Send, and
// a line of text for each point. It is complete, and passes the suite of
// package transporttest.
type Graphite struct {
	Address string

	closed atomic.Bool
}

// Describe names it in the ledger. It asks for no summaries, so histograms come
// as gauges and counts.
func (g *Graphite) Describe() transport.Description {
	return transport.Description{Name: "graphite"}
}

// Temporality: Graphite keeps the last value for a path and a time.
func (g *Graphite) Temporality(transport.Kind) transport.Temporality { return transport.Overwrite }

// WireName and WireTag spell what would end a path, so that two series that
// become one are added up before they get here.
func (g *Graphite) WireName(name string) string { return spell.Replace(name) }
func (g *Graphite) WireTag(tag string) string   { return spell.Replace(tag) }

var spell = strings.NewReplacer(" ", "_", ";", "_", "\u2028", "_", "\u2029", "_")

// Send makes one attempt. The answer of a Graphite server is that it reads on,
// so an error while writing leaves open what arrived: Unknown.
func (g *Graphite) Send(ctx context.Context, b *transport.Batch) error {
	if g.closed.Load() {
		return transport.ErrClosed
	}
	if b.Points() == 0 {
		return nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.Address)
	if err != nil {
		return &transport.SendError{Outcome: transport.Retry, Err: fmt.Errorf("graphite: dial: %w", err)}
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	w := bufio.NewWriter(conn)
	for i := range b.Series {
		s := &b.Series[i]
		for _, p := range s.Points {
			fmt.Fprintf(w, "%s %v %d\n", g.path(s), p.Value, p.Unix)
		}
	}
	if err := errors.Join(w.Flush(), conn.(*net.TCPConn).CloseWrite()); err != nil {
		return &transport.SendError{Outcome: transport.Unknown, Err: fmt.Errorf("graphite: write: %w", err)}
	}
	return nil
}

// path returns the name of a series with its tags.
func (g *Graphite) path(s *transport.Series) string {
	path := g.WireName(s.Name)
	for _, tag := range s.Tags {
		path += ";" + g.WireTag(tag)
	}
	return path
}

// Close makes each later Send fail. There is nothing to release.
func (g *Graphite) Close(context.Context) error {
	g.closed.Store(true)
	return nil
}

// A custom transport needs this package alone.
func Example() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for in := bufio.NewScanner(conn); in.Scan(); {
			lines <- in.Text()
		}
	}()

	g := &Graphite{Address: listener.Addr().String()}
	sent := make(chan error, 1)
	go func() {
		sent <- g.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
			Name: "jobs.done", Tags: []string{"queue=mail", "zone=eu west"}, Kind: transport.KindCount, Interval: 10 * time.Second,
			Points: []transport.Point{{Unix: 1_700_000_000, Value: 3}, {Unix: 1_700_000_010, Value: 0.5}},
		}}})
	}()
	for line := range lines {
		fmt.Println(line)
	}
	fmt.Println(<-sent)
	listener.Close()

	err = g.Send(context.Background(), &transport.Batch{Series: []transport.Series{{Points: make([]transport.Point, 1)}}})
	fmt.Println("with nobody there:", transport.AsSendError(err).Outcome)
	// Output:
	// jobs.done;queue=mail;zone=eu_west 3 1700000000
	// jobs.done;queue=mail;zone=eu_west 0.5 1700000010
	// <nil>
	// with nobody there: retry
}

// The example keeps to the contract.
func TestGraphite(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				for in := bufio.NewScanner(conn); in.Scan(); {
				}
				conn.Close()
			}
		}()
		t.Cleanup(func() { listener.Close(); <-done })
		return &Graphite{Address: listener.Addr().String()}
	})
}
