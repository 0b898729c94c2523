package stats

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/transport"
)

type nowhere struct{}

func (nowhere) Send(context.Context, *transport.Batch) error { return nil }
func (nowhere) Close(context.Context) error                  { return nil }

func benchClient(b testing.TB) *Client {
	c, err := New(WithTransport(nowhere{}), WithManualFlush(), WithSeriesLimit(1_000_000))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func BenchmarkU(b *testing.B) {
	x := new(atomic.Int64)
	for b.Loop() {
		x.Add(1)
	}
}

func BenchmarkBoundCounter(b *testing.B) {
	h := benchClient(b).NewCounter("requests", "a:b")
	for b.Loop() {
		h.Inc()
	}
}

func BenchmarkBoundGauge(b *testing.B) {
	h := benchClient(b).NewGauge("requests", "a:b")
	v := 0.0
	for b.Loop() {
		v++
		h.Set(v)
	}
}

func BenchmarkBoundHistogram(b *testing.B) {
	h := benchClient(b).NewHistogram("requests", "a:b")
	v := 0.0
	for b.Loop() {
		v++
		h.Observe(v)
	}
}

func BenchmarkOneShotCounterLiterals(b *testing.B) {
	c := benchClient(b)
	for b.Loop() {
		c.Count("requests", 1, "route:users", "status:200", "zone:b")
	}
}

func BenchmarkOneShotCounterLong(b *testing.B) {
	c := benchClient(b)
	for b.Loop() {
		c.Count("http.server.requests.total", 1, "route:/api/v1/users", "status:200", "zone:eu-central-1b")
	}
}

func BenchmarkOneShotHistogram(b *testing.B) {
	c := benchClient(b)
	v := 0.0
	for b.Loop() {
		v++
		c.Histogram("requests", v, "route:users", "status:200", "zone:b")
	}
}

func BenchmarkOneShotCounterKept1000(b *testing.B) {
	c := benchClient(b)
	tags := make([][3]string, 1024)
	for i := range tags {
		tags[i] = [3]string{fmt.Sprintf("route:%d", i), "status:200", "zone:b"}
	}
	i := 0
	for b.Loop() {
		t := &tags[i&1023]
		i++
		c.Count("requests", 1, t[0], t[1], t[2])
	}
}
