package remotewrite_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// receiver is a server that takes remote write, or does what a test asks it to.
type receiver struct {
	wiretest.Server
	v1only   bool // answers 204 to 2.0 and stores nothing, as Prometheus 2 does
	mu       sync.Mutex
	requests []*wireRequest
	headers  []http.Header
}

func newReceiver(t testing.TB) *receiver {
	in := unstarted()
	in.Start(t)
	return in
}

func unstarted() *receiver {
	in := &receiver{}
	in.Take = in.take
	return in
}

func (in *receiver) take(w http.ResponseWriter, r *http.Request) {
	req, v2, err := readHTTP(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot) // which no test expects
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if v2 && in.v1only {
		in.headers = append(in.headers, r.Header.Clone())
		w.WriteHeader(http.StatusNoContent)
		return
	}
	in.requests, in.headers = append(in.requests, req), append(in.headers, r.Header.Clone())
	if v2 {
		samples, histograms := 0, 0
		for _, s := range req.series {
			samples += len(s.samples)
			histograms += len(s.histograms)
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(samples))
		w.Header().Set("X-Prometheus-Remote-Write-Histograms-Written", strconv.Itoa(histograms))
		w.Header().Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
	}
	w.WriteHeader(http.StatusNoContent)
}

func readHTTP(r *http.Request) (req *wireRequest, v2 bool, err error) {
	packed, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, false, err
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "snappy" || !strings.HasPrefix(r.Header.Get("User-Agent"), "shardstats") {
		return nil, false, fmt.Errorf("%s with %v", r.Method, r.Header)
	}
	body, err := snappy.Decode(nil, packed)
	if err != nil {
		return nil, false, err
	}
	version := r.Header.Get("X-Prometheus-Remote-Write-Version")
	switch content := r.Header.Get("Content-Type"); {
	case content == "application/x-protobuf" && version == "0.1.0":
		req, err = readV1(body)
		return req, false, err
	case content == "application/x-protobuf;proto=io.prometheus.write.v2.Request" && version == "2.0.0":
		req, err = readV2(body)
		return req, true, err
	default:
		return nil, false, fmt.Errorf("version %q of %q", version, content)
	}
}

func (in *receiver) series() []wireSeries {
	in.mu.Lock()
	defer in.mu.Unlock()
	var all []wireSeries
	for _, r := range in.requests {
		all = append(all, r.series...)
	}
	return all
}

const interval = 10 * time.Second

// flats returns the points that arrived: a summary is that of its _sum, _count and
// quantiles.
func (in *receiver) flats() []transporttest.Flat {
	var flats []transporttest.Flat
	sum := 0.0
	for _, s := range in.series() {
		var f transporttest.Flat
		for _, l := range s.labels {
			switch l.name {
			case "__name__":
				f.Name = l.value
			case "quantile":
			default:
				f.Tags = append(f.Tags, l.name+":"+l.value)
			}
		}
		switch {
		case s.get("quantile") != "":
			continue
		case len(s.histograms) > 0:
			h := s.histograms[0]
			f.Unix, f.Value, f.Count = h.at/1000, h.sum, h.count
		default:
			f.Unix, f.Value = s.samples[0].at/1000, s.samples[0].value
			if strings.HasSuffix(f.Name, "_sum") {
				sum = f.Value
				continue
			}
			if name, ok := strings.CutSuffix(f.Name, "_count"); ok {
				f.Name, f.Value, f.Count = name, sum, f.Value
			}
		}
		f.Unix -= int64(interval / time.Second)
		flats = append(flats, f)
	}
	return flats
}

func open(t testing.TB, url string, change ...func(*remotewrite.Config)) *remotewrite.Transport {
	cfg := remotewrite.Config{URL: url + "/api/v1/write"}
	for _, f := range change {
		f(&cfg)
	}
	tr, err := remotewrite.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tr.Close(t.Context()) })
	return tr
}

func version(v remotewrite.Version) func(*remotewrite.Config) {
	return func(c *remotewrite.Config) { c.Version = v }
}

const bucket = 1_800_000_000

// point returns a series with one flat point.
func point(name string, kind transport.Kind, value float64, tags ...string) transport.Series {
	return transport.Series{Name: name, Kind: kind, Tags: tags, Interval: interval, Points: []transport.Point{{Unix: bucket, Value: value}}}
}

// summed returns a series with one summary of sorted values, each kept.
func summed(name string, kind transport.Kind, values ...float64) transport.Series {
	s := point(name, kind, 0)
	s.Points[0].Summary = wiretest.Summary(values...)
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

func failure(t *testing.T, tr *remotewrite.Transport, b *transport.Batch) *transport.SendError {
	t.Helper()
	se := transport.AsSendError(tr.Send(t.Context(), b))
	require.NotNil(t, se)
	return se
}
