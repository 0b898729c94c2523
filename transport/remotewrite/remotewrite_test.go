package remotewrite_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	var receivers sync.Map // by transport
	of := func(t transport.Transport) *receiver {
		in, _ := receivers.Load(t)
		return in.(*receiver)
	}
	for name, c := range map[string]struct {
		version remotewrite.Version
		v1only  bool
	}{
		"1.0":                     {version: remotewrite.V1},
		"2.0":                     {version: remotewrite.Auto},
		"2.0 to a peer of before": {version: remotewrite.Auto, v1only: true},
	} {
		t.Run(name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				in := newReceiver(t)
				in.v1only = c.v1only
				tr := open(t, in.URL, version(c.version))
				receivers.Store(tr, in)
				return tr
			},
				transporttest.Received(func(t transport.Transport) []transporttest.Flat { return of(t).flats() }),
				transporttest.Arrives(wiretest.Prometheus),
				transporttest.Outage(
					func(t transport.Transport) { of(t).Answers(0, wiretest.Cut) },
					func(t transport.Transport) { of(t).Ask(nil) },
				))
		})
	}
}

func TestDescription(t *testing.T) {
	tr := open(t, "http://localhost")
	assert.Equal(t, transport.Description{Name: "remotewrite", Summaries: true, Sketches: true}, tr.Describe())
	for k := transport.KindCount; k <= transport.KindDistribution; k++ {
		assert.Equal(t, transport.Cumulative, tr.Temporality(k))
	}
}

func send(t *testing.T, v remotewrite.Version, b *transport.Batch) []wireSeries {
	t.Helper()
	in := newReceiver(t)
	require.NoError(t, open(t, in.URL, version(v)).Send(t.Context(), b))
	return in.series()
}

func TestWhatEachKindBecomes(t *testing.T) {
	device := point("disk.free", transport.KindGauge, 7, "bare", "a:1:2", "b:x", "b:y", "le:3", "__name__:forged", "9:n", ":v", "none:", "host:h0")
	device.Host, device.HostSet, device.Device, device.Description = "h1", true, "sda", "Room left."
	timing := summed("wait", transport.KindTiming, 1000, 2000, 4000)
	timing.Tags = []string{"Zone:z", "rack:r"} // around the name and the quantile
	b := batch(point("hits", transport.KindCount, 3), point("errors_total", transport.KindCount, 4), device, timing,
		point("users", transport.KindSet, 5), point("speed", transport.KindRate, 0.5))
	for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
		got := send(t, v, b)
		require.Len(t, got, 10)
		const end = (bucket + 10) * 1000
		for i, want := range []struct {
			labels []wireLabel
			value  float64
			start  bool
			kind   uint64
			unit   string
		}{
			{[]wireLabel{{"__name__", "hits_total"}}, 3, true, 1, ""},
			{[]wireLabel{{"__name__", "errors_total"}}, 4, true, 1, ""},
			{[]wireLabel{
				{"_", "v"}, {"_9", "n"}, {"__name__", "disk_free"}, {"_le", "3"}, {"_name__", "forged"},
				{"a", "1:2"}, {"b", "x,y"}, {"bare", "true"}, {"device", "sda"}, {"host", "h0,h1"},
			}, 7, false, 2, ""},
			{[]wireLabel{{"Zone", "z"}, {"__name__", "wait_seconds_sum"}, {"rack", "r"}}, 7, true, 5, "seconds"},
			{[]wireLabel{{"Zone", "z"}, {"__name__", "wait_seconds_count"}, {"rack", "r"}}, 3, true, 5, "seconds"},
			{[]wireLabel{{"Zone", "z"}, {"__name__", "wait_seconds"}, {"quantile", "0.5"}, {"rack", "r"}}, 2, false, 5, "seconds"},
			{[]wireLabel{{"Zone", "z"}, {"__name__", "wait_seconds"}, {"quantile", "0.95"}, {"rack", "r"}}, 4, false, 5, "seconds"},
			{[]wireLabel{{"Zone", "z"}, {"__name__", "wait_seconds"}, {"quantile", "0.99"}, {"rack", "r"}}, 4, false, 5, "seconds"},
			{[]wireLabel{{"__name__", "users"}}, 5, false, 2, ""},
			{[]wireLabel{{"__name__", "speed"}}, 0.5, false, 2, ""},
		} {
			s := got[i]
			assert.Equal(t, want.labels, s.labels)
			sample := wireSample{value: want.value, at: end}
			if v == remotewrite.V2 {
				assert.Equal(t, want.kind, s.kind)
				assert.Equal(t, want.unit, s.unit)
				if want.start {
					sample.start = bucket * 1000
				}
			}
			assert.Equal(t, []wireSample{sample}, s.samples, "%v", s.labels)
		}
		if v == remotewrite.V2 {
			assert.Equal(t, "Room left.", got[2].help)
		}
	}
}

func TestDistributionsAreNativeHistograms(t *testing.T) {
	for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
		h := send(t, v, batch(summed("d", transport.KindDistribution, -2, -1, 0, 1e-300, 1, 2, 2, 8)))[0].histograms[0]
		start := int64(0)
		if v == remotewrite.V2 {
			start = bucket * 1000
		}
		assert.Equal(t, wireHistogram{
			count: 8, sum: 10, threshold: 0x1p-128, zero: 2, schema: 8,
			negative: map[int]float64{0: 1, 256: 1}, positive: map[int]float64{0: 1, 256: 2, 768: 1},
			at: (bucket + 10) * 1000, start: start,
		}, h)

		weighed := summed("d", transport.KindDistribution, 1, 2)
		weighed.Points[0].Summary.Samples[1].Weight = 2.5
		h = send(t, v, batch(weighed))[0].histograms[0]
		assert.True(t, h.float)
		assert.Equal(t, map[int]float64{0: 1, 256: 2.5}, h.positive)
		assert.InDelta(t, 3.5, h.count, 0)
	}
}

func TestMetadataOfV1IsSaidOnceAMinute(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL, version(remotewrite.V1))
	s := summed("wait", transport.KindTiming, 1)
	s.Description = "Two\nlines."
	for _, later := range []int64{0, 10, 59, 60} {
		s.Points[0].Unix = bucket + later
		require.NoError(t, tr.Send(t.Context(), batch(s, point("n", transport.KindCount, 1, "a:b"))))
	}
	said := []wireMetadata{{kind: 5, name: "wait_seconds", help: "Two\nlines.", unit: "seconds"}, {kind: 1, name: "n_total"}}
	assert.Equal(t, said, in.requests[0].metadata)
	assert.Empty(t, in.requests[1].metadata)
	assert.Empty(t, in.requests[2].metadata)
	assert.Equal(t, said[:1], in.requests[3].metadata[:1])
}

func TestOneNameIsOneKind(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL)
	se := failure(t, tr, batch(
		point("a.b", transport.KindGauge, 1), point("a-b", transport.KindSet, 2), point("a_b", transport.KindGauge, 3, "k:v"),
		summed("h", transport.KindHistogram, 1), point("h_sum", transport.KindGauge, 4), point("h.count", transport.KindCount, 5),
		point("t_total", transport.KindGauge, 6), point("t", transport.KindCount, 7),
		point("u", transport.KindGauge, 8), point("u", transport.KindCount, 9)))
	assert.Equal(t, 10, se.Delivered)
	assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "collision"}, {Index: 4, Reason: "collision"}, {Index: 7, Reason: "collision"}, {Index: 9, Reason: "collision"}}, se.Rejected)
}

func TestTimesOfASeriesNeverGoBack(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL)
	at := func(unix int64, value float64) *transport.Batch {
		s := point("g", transport.KindCount, value)
		s.Points[0].Unix = unix
		return batch(s)
	}
	require.NoError(t, tr.Send(t.Context(), at(bucket, 5)))
	require.NoError(t, tr.Send(t.Context(), at(bucket, 5)), "a repetition is no step back")
	require.NoError(t, tr.Send(t.Context(), at(bucket+10, 6)))
	assert.Equal(t, []transport.Rejection{{Index: 0, Reason: "late_gauge"}}, failure(t, tr, at(bucket+9, 7)).Rejected)
	assert.Len(t, in.series(), 3)
	in.Answers(0, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	failure(t, tr, at(bucket+100, 8))
	in.Ask(nil)
	require.NoError(t, tr.Send(t.Context(), at(bucket+90, 8)), "what was not acknowledged does not count")
	require.NoError(t, tr.Send(t.Context(), at(bucket+110, 2)), "a total that begins anew has a new start")
	got := in.series()
	assert.Equal(t, int64(bucket)*1000, got[3].samples[0].start)
	assert.Equal(t, int64(bucket+110)*1000, got[4].samples[0].start)
}
