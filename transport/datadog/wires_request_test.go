package datadog_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
)

// clientOf returns a client that says how large each body is.
func clientOf(in *intake, tell func(path string, size int)) *http.Client {
	return &http.Client{Transport: wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		tell(r.URL.Path, int(r.ContentLength))
		return in.Client().Transport.RoundTrip(r)
	})}
}

// What a request says of its body, for each API, encoding and compression.
func TestHeadersOfEveryWire(t *testing.T) {
	for _, c := range []struct {
		wire
		zstdName string
		path     string
		json     bool
		series   string // Content-Encoding
		sketches string
	}{
		{wire{datadog.V1, datadog.JSON, datadog.Gzip}, "", "/api/v1/series", true, "gzip", "deflate"},
		{wire{datadog.V2, datadog.JSON, datadog.Zlib}, "", "/api/v2/series", true, "deflate", "deflate"},
		{wire{datadog.V2, datadog.JSON, datadog.Gzip}, "", "/api/v2/series", true, "gzip", "deflate"},
		{wire{datadog.V2, datadog.JSON, datadog.Zstd}, "zstd1", "/api/v2/series", true, "zstd1", "zstd1"},
		{wire{datadog.V2, datadog.Protobuf, datadog.Zstd}, "", "/api/v2/series", false, "zstd", "zstd"},
		{wire{datadog.V2, datadog.Protobuf, datadog.None}, "", "/api/v2/series", false, "", ""},
		{wire{datadog.V3, datadog.JSON, datadog.Zlib}, "", "/api/intake/metrics/v3/series", false, "deflate", "deflate"},
		{wire{datadog.V3, datadog.Protobuf, datadog.Zstd}, "zstd", "/api/intake/metrics/v3/series", false, "zstd", "zstd"},
	} {
		t.Run(c.String(), func(t *testing.T) {
			in := newIntake(t)
			dd := open(t, in.URL+"/below", c.set, func(cfg *datadog.Config) { cfg.ZstdName = c.zstdName })
			require.NoError(t, dd.Send(t.Context(), &transport.Batch{
				Series: []transport.Series{distribution("d", []float64{1}), gauge("g", 1)},
				Events: []transport.Event{{Title: "T"}},
			}))
			got := in.got()
			require.Len(t, got, 2)
			assert.Equal(t, "/below"+c.path, got[0].path)
			assert.Equal(t, c.series, got[0].header.Get("Content-Encoding"))
			assert.Equal(t, c.sketches, got[1].header.Get("Content-Encoding"))
			if c.json {
				assert.Equal(t, "application/json", got[0].header.Get("Content-Type"))
				assert.Empty(t, got[0].header.Get("DD-Agent-Payload"))
			} else {
				assert.Equal(t, "application/x-protobuf", got[0].header.Get("Content-Type"))
				assert.NotEmpty(t, got[0].header.Get("DD-Agent-Payload"))
			}
			if c.api == datadog.V1 {
				assert.Equal(t, "/below/api/v1/distribution_points", got[1].path)
			} else {
				assert.Equal(t, "/below/api/beta/sketches", got[1].path)
				assert.Equal(t, "application/x-protobuf", got[1].header.Get("Content-Type"))
			}
			assert.Len(t, in.noticesSeen(), 1, "events go to version 1")
		})
	}
}

// The documents, as the API shows them.
func TestTheJSONOfV2(t *testing.T) {
	full := series("c", transport.KindCount, 3, 4.5)
	full.Tags, full.Host, full.HostSet, full.Device, full.Unit = []string{"a:b", "C"}, "", true, "sda", "byte"
	cfg := datadog.Config{API: datadog.V2, Compression: datadog.None, FillHost: "web1", Origin: datadog.Origin{Product: 1, Category: 2, Service: 3}}
	bodies, _ := datadog.PackWith(cfg, 1<<20, 1<<20, batch(full))
	require.Len(t, bodies, 1)
	assert.Equal(t, `{"series":[{"metric":"c","type":1,"points":[{"timestamp":100,"value":3},{"timestamp":110,"value":4.5}],`+
		`"tags":["a:b","c"],"resources":[{"type":"host","name":"web1"},{"type":"device","name":"sda"}],"interval":10,"unit":"byte",`+
		`"metadata":{"origin":{"product":1,"metric_type":2,"service":3}}}]}`, string(bodies[0].Bytes))

	bare := transport.Series{Name: "g", Kind: transport.KindSet, Points: []transport.Point{{Unix: 7, Value: 1}}}
	bodies, _ = datadog.PackWith(datadog.Config{API: datadog.V2, Compression: datadog.None}, 1<<20, 1<<20, batch(bare))
	assert.Equal(t, `{"series":[{"metric":"g","type":3,"points":[{"timestamp":7,"value":1}]}]}`, string(bodies[0].Bytes))
}

// Failures say the same of points whatever the wire is.
func TestFailuresOnEveryWire(t *testing.T) {
	for _, w := range newWires() {
		in := newIntake(t)
		dd := open(t, in.URL, w.set)
		in.Answers(2, wiretest.Status(404, ""))
		se := failure(t, dd, mixed())
		assert.Equal(t, transport.Retry, se.Outcome, w)
		assert.Equal(t, []int{1, 3}, indexes(se), w)
		in.Answers(1, wiretest.Status(413, ""))
		assert.Equal(t, transport.TooLarge, failure(t, dd, mixed()).Outcome, w)
	}
}
