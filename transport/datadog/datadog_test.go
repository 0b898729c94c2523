package datadog_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is one of the ways that points go.
type wire struct {
	api         datadog.API
	encoding    datadog.Encoding
	compression datadog.Compression
}

var wires = []wire{
	{datadog.V1, datadog.JSON, datadog.Zlib}, {datadog.V1, datadog.JSON, datadog.None}, {datadog.V1, datadog.JSON, datadog.Gzip},
	{datadog.V2, datadog.JSON, datadog.Zlib}, {datadog.V2, datadog.JSON, datadog.None}, {datadog.V2, datadog.JSON, datadog.Gzip},
	{datadog.V2, datadog.JSON, datadog.Zstd}, {datadog.V2, datadog.Protobuf, datadog.Zlib}, {datadog.V2, datadog.Protobuf, datadog.Zstd},
	{datadog.V3, datadog.JSON, datadog.Zlib}, {datadog.V3, datadog.JSON, datadog.None}, {datadog.V3, datadog.JSON, datadog.Zstd},
}

func (w wire) String() string { return fmt.Sprintf("%v-%v-%v", w.api, w.encoding, w.compression) }

func (w wire) set(c *datadog.Config) {
	c.API, c.Encoding, c.Compression, c.AllowV3 = w.api, w.encoding, w.compression, true
}

func TestContract(t *testing.T) {
	var intakes sync.Map // by transport
	newT := func(wire wire) func(t *testing.T) transport.Transport {
		return func(t *testing.T) transport.Transport {
			in := newIntake(t)
			dd := open(t, in.URL, wire.set)
			intakes.Store(dd, in)
			return dd
		}
	}
	of := func(t transport.Transport) *intake {
		in, _ := intakes.Load(t)
		return in.(*intake)
	}
	opts := []transporttest.Option{
		transporttest.Received(func(t transport.Transport) []transporttest.Flat { return of(t).flats() }),
		transporttest.ReceivedNotices(func(t transport.Transport) []transporttest.Notice { return of(t).noticesSeen() }),
		transporttest.NoticesArrive(cutTexts),
		transporttest.OrderedWithinSeries(), // series go before distributions
		transporttest.Outage(
			func(t transport.Transport) { of(t).Answers(0, wiretest.Cut) },
			func(t transport.Transport) { of(t).Ask(nil) },
		),
	}
	for _, wire := range wires {
		t.Run(wire.String(), func(t *testing.T) { transporttest.Run(t, newT(wire), opts...) })
	}
}

// The outage above cuts connections. Here the port is closed.
func TestContractWithAPortThatCloses(t *testing.T) {
	var ports wiretest.Ports
	of := func(t transport.Transport) *intake { return ports.Handler(t).(*intake) }
	transporttest.Run(t,
		func(t *testing.T) transport.Transport {
			return ports.Open(t, unstarted(), func(url string) transport.Transport { return open(t, url) })
		},
		transporttest.Received(func(t transport.Transport) []transporttest.Flat { return of(t).flats() }),
		transporttest.ReceivedNotices(func(t transport.Transport) []transporttest.Notice { return of(t).noticesSeen() }),
		transporttest.NoticesArrive(cutTexts),
		transporttest.OrderedWithinSeries(),
		ports.Outage(t))
}

func TestDescription(t *testing.T) {
	dd := open(t, "http://localhost")
	want := transport.Description{Name: "datadog", Distributions: true, Events: true, Checks: true}
	assert.Equal(t, want, dd.Describe())
	want.Sketches = true
	for _, api := range []datadog.API{datadog.V2, datadog.V3} {
		sketchy := open(t, "http://localhost", wire{api: api}.set)
		assert.Equal(t, want, sketchy.Describe())
		assert.Equal(t, transport.Additive, sketchy.Temporality(transport.KindDistribution))
		assert.Equal(t, transport.Overwrite, sketchy.Temporality(transport.KindCount))
	}
	assert.Equal(t, transport.Additive, dd.Temporality(transport.KindDistribution))
	for _, k := range []transport.Kind{
		transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet,
		transport.KindHistogram, transport.KindTiming,
	} {
		assert.Equal(t, transport.Overwrite, dd.Temporality(k), k)
	}
}

func TestRequests(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL+"/proxy/")
	b := batch(gauge("g", 1.5), distribution("d", []float64{1, 2.5}), series("c", transport.KindCount, 3, 4))
	require.NoError(t, dd.Send(t.Context(), b))
	got := in.got()
	require.Len(t, got, 2)
	for _, r := range got {
		assert.Equal(t, testKey, r.header.Get("DD-API-KEY"))
		assert.Equal(t, "application/json", r.header.Get("Content-Type"))
		assert.Equal(t, "deflate", r.header.Get("Content-Encoding"))
		assert.Equal(t, "identity", r.header.Get("Accept-Encoding"))
		assert.Contains(t, r.header.Get("User-Agent"), "shardstats")
	}
	assert.Equal(t, "/proxy/api/v1/series", got[0].path)
	assert.Equal(t, "/proxy/api/v1/distribution_points", got[1].path)
	assert.Equal(t, []string{"g", "c", "c", "d"}, in.names())

	plain := open(t, in.URL, func(c *datadog.Config) { c.Compression = datadog.None })
	require.NoError(t, plain.Send(t.Context(), batch(gauge("g", 1))))
	assert.Empty(t, in.got()[2].header.Get("Content-Encoding"))
	require.NoError(t, plain.Send(t.Context(), batch(gauge("empty"))))
	require.NoError(t, plain.Send(t.Context(), batch()))
	assert.Len(t, in.got(), 3, "no points, no request")
}

// The documents are what the original sends for the same points.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		file string
		in   *transport.Batch
	}{
		{"testdata/threadstats_series.json", batch(
			golden(gauge("ns.g", 1.5), "", false, "a:b", "k:v"),
			golden(series("ns.c", transport.KindRate, 0.3), "", false, "k:v"),
			golden(gauge("ns.h0", 1), "myhost", true, "k:v"),
			golden(gauge("ns.h1", 1), "x", true, "k:v"),
			golden(series("ns.s", transport.KindSet, 1), "", false, "k:v"),
		)},
		{"testdata/threadstats_distributions.json", batch(
			golden(distribution("ns.d", []float64{1, 2.5}), "", false, "k:v"),
		)},
	} {
		t.Run(c.file, func(t *testing.T) {
			want, err := os.ReadFile(c.file)
			require.NoError(t, err)
			bodies, _ := datadog.Pack(datadog.None, 1<<20, 1<<20, c.in)
			require.Len(t, bodies, 1)
			assert.JSONEq(t, string(want), string(bodies[0].Bytes))
		})
	}
}

func golden(s transport.Series, host string, hostSet bool, tags ...string) transport.Series {
	s.Host, s.HostSet, s.Device, s.Tags = host, hostSet, "dev0", tags
	return s
}
