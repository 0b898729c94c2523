package prometheus_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/prometheus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, cfg prometheus.Config) *prometheus.Transport {
	t.Helper()
	tr, err := prometheus.New(cfg)
	require.NoError(t, err)
	return tr
}

// get returns the answer to a scrape with an Accept header.
func get(tr http.Handler, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	tr.ServeHTTP(w, r)
	return w
}

const acceptOpen = "application/openmetrics-text;version=1.0.0"

func scrape(tr http.Handler, open bool) (*page, error) {
	accept := ""
	if open {
		accept = acceptOpen
	}
	w := get(tr, accept)
	if w.Code != http.StatusOK {
		return nil, errors.New(http.StatusText(w.Code))
	}
	return readPage(w.Body.String(), open)
}

const bucket = 1_800_000_000

func point(name string, kind transport.Kind, value float64, tags ...string) transport.Series {
	return transport.Series{Name: name, Kind: kind, Tags: tags, Interval: 10 * time.Second, Points: []transport.Point{{Unix: bucket, Value: value}}}
}

func summed(name string, kind transport.Kind, values ...float64) transport.Series {
	s := point(name, kind, 0)
	s.Points[0].Summary = wiretest.Summary(values...)
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

func TestDescription(t *testing.T) {
	tr := open(t, prometheus.Config{})
	assert.Equal(t, transport.Description{Name: "prometheus", Summaries: true, Sketches: true, Untimed: true}, tr.Describe())
	for k := transport.KindCount; k <= transport.KindDistribution; k++ {
		assert.Equal(t, transport.Cumulative, tr.Temporality(k))
	}
}

func TestPage(t *testing.T) {
	tr := open(t, prometheus.Config{})
	users := point("users", transport.KindSet, 5, "a:x\ny", `q:"\`, "le:1")
	users.Description = "Who \"is\"\nthere \\."
	timing := summed("wait", transport.KindTiming, 1000, 2000, 4000)
	timing.Tags, timing.Host, timing.HostSet = []string{"env:test"}, "h1", true
	late := summed("sizes", transport.KindHistogram, 1)
	late.Points = append(late.Points, transport.Point{Unix: bucket + 1, Summary: &transport.Summary{Count: 3, Sum: 9, Min: 3, Max: 5}})
	require.NoError(t, tr.Send(t.Context(), batch(
		point("hits", transport.KindCount, 3), users, timing, late,
		summed("dist", transport.KindDistribution, -3, 0, 3, 3, 100))))
	plain := get(tr, "")
	assert.Equal(t, "text/plain; version=0.0.4; charset=utf-8", plain.Header().Get("Content-Type"))
	assert.Equal(t, `# TYPE dist histogram
dist_bucket{le="-2"} 1
dist_bucket{le="0"} 2
dist_bucket{le="2"} 2
dist_bucket{le="4"} 4
dist_bucket{le="8"} 4
dist_bucket{le="16"} 4
dist_bucket{le="32"} 4
dist_bucket{le="64"} 4
dist_bucket{le="128"} 5
dist_bucket{le="+Inf"} 5
dist_sum 103
dist_count 5
# TYPE hits_total counter
hits_total 3
# TYPE sizes summary
sizes{quantile="0.5"} 1
sizes{quantile="0.95"} 1
sizes{quantile="0.99"} 1
sizes_sum 9
sizes_count 3
# HELP users Who "is"\nthere \\.
# TYPE users gauge
users{_le="1",a="x\ny",q="\"\\"} 5
# TYPE wait_seconds summary
wait_seconds{env="test",host="h1",quantile="0.5"} 2
wait_seconds{env="test",host="h1",quantile="0.95"} 4
wait_seconds{env="test",host="h1",quantile="0.99"} 4
wait_seconds_sum{env="test",host="h1"} 7
wait_seconds_count{env="test",host="h1"} 3
`, plain.Body.String())

	om := get(tr, acceptOpen)
	assert.Equal(t, "application/openmetrics-text; version=1.0.0; charset=utf-8", om.Header().Get("Content-Type"))
	text := om.Body.String()
	_, err := readPage(text, true)
	require.NoError(t, err)
	for _, part := range []string{
		"# TYPE hits counter\nhits_total 3\n", `# HELP users Who \"is\"\nthere \\.`, "# TYPE wait_seconds summary\n# UNIT wait_seconds seconds\n",
		`dist_bucket{le="128.0"} 5`, `dist_bucket{le="+Inf"} 5`,
	} {
		assert.Contains(t, text, part)
	}
	assert.True(t, strings.HasSuffix(text, "\n# EOF\n"))
}

func TestOneNameIsOneKindUntilItExpires(t *testing.T) {
	tr := open(t, prometheus.Config{})
	se := transport.AsSendError(tr.Send(t.Context(), batch(
		point("a.b", transport.KindGauge, 1), point("a-b", transport.KindSet, 2), point("a_b", transport.KindGauge, 3, "k:v"),
		summed("h", transport.KindHistogram, 1), point("h_sum", transport.KindGauge, 4), point("u", transport.KindCount, 5), point("u", transport.KindGauge, 6))))
	require.NotNil(t, se)
	assert.Equal(t, 7, se.Delivered)
	assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "collision"}, {Index: 4, Reason: "collision"}, {Index: 6, Reason: "collision"}}, se.Rejected)
	_, err := scrape(tr, true)
	require.NoError(t, err)
}

func TestOnlyGetIsServed(t *testing.T) {
	tr := open(t, prometheus.Config{})
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodDelete} {
		w := httptest.NewRecorder()
		tr.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET", w.Header().Get("Allow"))
	}
	require.NoError(t, tr.Close(t.Context()))
	assert.Equal(t, http.StatusServiceUnavailable, get(tr, "").Code)
}

func TestAcceptDecides(t *testing.T) {
	const (
		plain = "text/plain"
		om    = "application/openmetrics-text"
		pb    = "application/vnd.google.protobuf"
		delim = pb + ";proto=io.prometheus.client.MetricFamily;encoding=delimited"
	)
	tr := open(t, prometheus.Config{})
	for accept, want := range map[string]string{
		"": plain, "*/*": plain, "image/png": plain, "text/html, */*;q=0.1": plain, ";;;": plain, "text/*": plain,
		om: om, om + ";version=1.0.0": om, om + ";version=2.0.0": plain, om + ";q=0": plain, om + ";q=x": plain,
		om + ";q=0.5,text/plain;q=0.6": plain, "text/plain;version=0.0.4;q=0.5," + om + ";version=1.0.0;q=0.8": om,
		"text/plain," + om: om, delim: pb, pb: plain, pb + ";proto=other.Thing;encoding=delimited": plain, delim + ";q=0.2," + om: om,
		// What Prometheus 2 and 3 send.
		delim + "," + om + ";version=1.0.0;q=0.8," + om + ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1":                            pb,
		om + ";version=1.0.0;escaping=allow-utf-8;q=0.5," + om + ";version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,*/*;q=0.1": om,
	} {
		assert.Equal(t, want, strings.Split(get(tr, accept).Header().Get("Content-Type"), ";")[0], "%q", accept)
	}
}

func TestPagesArePackedIfAskedFor(t *testing.T) {
	tr := open(t, prometheus.Config{})
	require.NoError(t, tr.Send(t.Context(), batch(point("n", transport.KindCount, 1))))
	server := httptest.NewServer(tr)
	defer server.Close()
	for range 2 { // the second finds what the first used
		resp, err := server.Client().Get(server.URL) // asks for gzip and unpacks it
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		assert.True(t, resp.Uncompressed)
		assert.Equal(t, "# TYPE n_total counter\nn_total 1\n", string(body))
	}
	for encoding, want := range map[string]string{"gzip;q=0": "", "br": "", "br, gzip;q=0.1": "gzip"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		tr.ServeHTTP(w, r)
		assert.Equal(t, want, w.Header().Get("Content-Encoding"), encoding)
	}
}
