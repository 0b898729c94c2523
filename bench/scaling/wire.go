package scaling

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/discard"
)

// Wire is what a flush ends in.
type Wire struct {
	Name string
	// GoalNS is the largest cost of a touched counter; 0: none was set.
	GoalNS float64
	// Shards limits the settings it is measured at, for what is sent does not
	// depend on them; 0: no limit.
	Shards int
	// New returns the transport, and what tells how many bytes it has sent.
	New func() (t transport.Transport, sent func() int64, err error)
}

// Wires returns what is measured: the library's own part, and what most users add.
func Wires() []Wire {
	return []Wire{
		{Name: "discarded", GoalNS: 150, New: discarded},
		{Name: "Datadog v1, JSON, zlib", GoalNS: 900, Shards: 2, New: datadogV1},
	}
}

func discarded() (transport.Transport, func() int64, error) {
	return discard.New(), func() int64 { return 0 }, nil
}

func datadogV1() (transport.Transport, func() int64, error) {
	in := new(intake)
	t, err := datadog.New(datadog.Config{
		APIKey: "0123456789abcdef0123456789abcdef",
		URL:    "http://intake.invalid",
		Client: &http.Client{Transport: in},
	})
	return t, in.bytes.Load, err
}

// intake is an HTTP peer without a network: it reads the body and takes it.
type intake struct{ bytes atomic.Int64 }

// RoundTrip implements http.RoundTripper.
func (in *intake) RoundTrip(r *http.Request) (*http.Response, error) {
	n, err := io.Copy(io.Discard, r.Body)
	in.bytes.Add(n)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusAccepted, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}, r.Body.Close()
}
