package otlp_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func sortedStrings(list []string) []string { return slices.Sorted(slices.Values(list)) }

// received is a request that the receiver took.
type received struct {
	path   string
	header http.Header
	raw    int // bytes before compression
	points []wirePoint
}

// receiver is a server that takes OTLP, or does what a test asks it to.
type receiver struct {
	wiretest.Server
	mu       sync.Mutex
	requests []received
}

func newReceiver(t testing.TB) *receiver {
	in := unstarted()
	in.Start(t)
	return in
}

func unstarted() *receiver {
	in := &receiver{}
	in.Take = in.serve
	return in
}

func (in *receiver) serve(w http.ResponseWriter, r *http.Request) {
	if err := in.take(r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// take keeps what a request brings.
func (in *receiver) take(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		return fmt.Errorf("%s of %s", r.Method, r.Header.Get("Content-Type"))
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		if body, err = unzip(body); err != nil {
			return err
		}
	default:
		return fmt.Errorf("encoding %q", encoding)
	}
	points, err := readRequest(body)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.requests = append(in.requests, received{r.URL.Path, r.Header.Clone(), len(body), points})
	return nil
}

func unzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (in *receiver) got() []received {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.requests)
}

func (in *receiver) points() (out []wirePoint) {
	for _, r := range in.got() {
		out = append(out, r.points...)
	}
	return out
}

// names returns the metrics that arrived, in order, one for each point.
func (in *receiver) names() (out []string) {
	for _, p := range in.points() {
		out = append(out, p.name)
	}
	return out
}

func (in *receiver) flats() (out []transporttest.Flat) {
	for _, p := range in.points() {
		out = append(out, flat(p))
	}
	return out
}

const interval = 10 * time.Second

// flat is p as the contract's suite compares it. All its buckets are 10 s long.
func flat(p wirePoint) transporttest.Flat {
	f := transporttest.Flat{
		Name: p.name, Tags: flatTags(p.attributes), Host: p.resource["host.name"],
		Unix: (time.Duration(p.time) - interval).Nanoseconds() / int64(time.Second), Value: p.value,
	}
	if p.shape == "summary" || p.shape == "exponential" {
		f.Value, f.Count = p.sum, float64(p.count)
	}
	return f
}

// flatTags writes attributes as the suite's tags, without the device, which it does not know.
func flatTags(attributes map[string]string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if key != "device" {
			out = append(out, fmt.Sprintf("%q=%q", key, attributes[key]))
		}
	}
	return out
}

// arrives is how what the suite sends arrives.
func arrives(f transporttest.Flat) transporttest.Flat {
	f.Tags = flatTags(attributesOf(f.Tags, ""))
	return f
}

// open returns a transport that sends to url.
func open(t testing.TB, url string, change ...func(*otlp.Config)) *otlp.Transport {
	cfg := otlp.Config{Endpoint: url, ServiceName: "test"}
	for _, c := range change {
		c(&cfg)
	}
	tr, err := otlp.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { tr.Close(t.Context()) })
	return tr
}

func gauge(name string, values ...float64) transport.Series {
	return series(name, transport.KindGauge, values...)
}

func series(name string, kind transport.Kind, values ...float64) transport.Series {
	s := transport.Series{Name: name, Kind: kind, Interval: interval}
	for i, v := range values {
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Value: v})
	}
	return s
}

// observed has one point for each list of sorted values.
func observed(name string, kind transport.Kind, values ...[]float64) transport.Series {
	s := transport.Series{Name: name, Kind: kind, Interval: interval}
	for i, list := range values {
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Summary: wiretest.Summary(list...)})
	}
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

// failure sends b, which must fail.
func failure(t *testing.T, tr *otlp.Transport, b *transport.Batch) *transport.SendError {
	t.Helper()
	se := transport.AsSendError(tr.Send(t.Context(), b))
	require.NotNil(t, se)
	return se
}
