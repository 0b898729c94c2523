package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// recordDatadog returns a transport for cfg, with Zstd from V2 on, and what it has
// sent to a path so far, before compression.
func recordDatadog(t testing.TB, cfg datadog.Config) (dd *datadog.Transport, recorded func(path string) [][]byte) {
	var mu sync.Mutex
	bodies := map[string][][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Encoding") == "zstd" {
			body, err = unzstd(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		bodies[r.URL.Path] = append(bodies[r.URL.Path], body)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	cfg.APIKey, cfg.URL, cfg.AllowV3 = testKey, server.URL, true
	cfg.Compression = datadog.Zstd
	if cfg.API == datadog.V1 {
		cfg.Compression = datadog.None
	}
	dd, err := datadog.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { dd.Close(t.Context()) })
	return dd, func(path string) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(bodies[path])
	}
}

func unzstd(body []byte) ([]byte, error) {
	z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(z)
}

// randomSeries returns series of the kinds that go to a series endpoint, with names
// and tags that stay as they are.
func randomSeries(rng *rand.Rand, n int) []transport.Series {
	kinds := []transport.Kind{transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet}
	value := []func() float64{
		func() float64 { return 0 },
		func() float64 { return float64(rng.IntN(1000) - 500) },
		func() float64 { return float64(float32(rng.NormFloat64())) },
		rng.NormFloat64,
		func() float64 { return math.MaxFloat64 * (rng.Float64() - 0.5) },
		func() float64 { return math.SmallestNonzeroFloat64 },
		func() float64 { return 1 << 53 },
		func() float64 { return 1 << 62 },
	}
	out := make([]transport.Series, n)
	for i := range out {
		s := transport.Series{
			Name: fmt.Sprint("metric.", rng.IntN(n)), Kind: kinds[rng.IntN(len(kinds))],
			Interval: time.Duration(rng.IntN(3)*10) * time.Second,
		}
		for k := range rng.IntN(4) {
			s.Tags = append(s.Tags, fmt.Sprintf("k%d:%d", k, rng.IntN(5)))
		}
		if s.HostSet = rng.IntN(2) == 0; s.HostSet {
			s.Host = fmt.Sprint("web", rng.IntN(3))
		}
		if rng.IntN(4) == 0 {
			s.Device = "sda"
		}
		if rng.IntN(3) == 0 {
			s.Unit = []string{"millisecond", "byte"}[rng.IntN(2)]
		}
		of := value[rng.IntN(len(value))]
		for p := range 1 + rng.IntN(3) {
			s.Points = append(s.Points, transport.Point{Unix: 1_700_000_000 + 10*int64(p-rng.IntN(3)), Value: of()})
		}
		out[i] = s
	}
	return out
}

// summarize returns the Summary of values, each of which weighs 1.
func summarize(values []float64) *transport.Summary {
	values = slices.Sorted(slices.Values(values))
	sum := &transport.Summary{Count: float64(len(values)), Min: values[0], Max: values[len(values)-1]}
	for _, v := range values {
		sum.Sum += v
		sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: 1})
	}
	return sum
}
