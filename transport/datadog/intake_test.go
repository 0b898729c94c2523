package datadog_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// testKey has the form of a real one.
const testKey = "0123456789abcdef0123456789abcdef"

// wirePoint is [seconds, value] or [seconds, [value, …]].
type wirePoint struct {
	unix   int64
	value  float64
	values []float64
	sketch *wireSketch
}

// wireSketch is a Dogsketch.
type wireSketch struct {
	count              int64
	min, max, avg, sum float64
	keys               []int32
	counts             []uint32
}

func (p *wirePoint) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a point of %d parts", len(pair))
	}
	if err := json.Unmarshal(pair[0], &p.unix); err != nil {
		return err
	}
	if pair[1][0] == '[' {
		return json.Unmarshal(pair[1], &p.values)
	}
	return json.Unmarshal(pair[1], &p.value)
}

type wireSeries struct {
	Metric   string      `json:"metric"`
	Points   []wirePoint `json:"points"`
	Type     string      `json:"type"`
	Host     *string     `json:"host"`
	Device   *string     `json:"device"`
	Tags     []string    `json:"tags"`
	Interval int64       `json:"interval"`
	Unit     string      `json:"-"` // from V2 on
	origin   [3]int64
}

// readBody reads a request's body as the API would. It knows nothing of the
// package but the documented form.
func readBody(encoding string, body []byte) ([]wireSeries, error) {
	body, err := unpack(encoding, body)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Series []wireSeries `json:"series"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something behind the document: %v", err)
	}
	return doc.Series, nil
}

// unpack undoes a Content-Encoding.
func unpack(encoding string, body []byte) ([]byte, error) {
	var z io.Reader
	var err error
	switch encoding {
	case "":
		return body, nil
	case "deflate":
		z, err = zlib.NewReader(bytes.NewReader(body))
	case "gzip":
		z, err = gzip.NewReader(bytes.NewReader(body))
	case "zstd", "zstd1":
		z, err = zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1))
	default:
		err = fmt.Errorf("encoding %q", encoding)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func flatten(series []wireSeries) []transporttest.Flat {
	var out []transporttest.Flat
	for _, s := range series {
		for _, p := range s.Points {
			f := transporttest.Flat{Name: s.Metric, Tags: s.Tags, Unix: p.unix, Value: p.value, Count: float64(len(p.values))}
			if s.Host != nil {
				f.Host = *s.Host
			}
			for _, v := range p.values {
				f.Value += v
			}
			if p.sketch != nil {
				f.Value, f.Count = p.sketch.sum, float64(p.sketch.count)
			}
			out = append(out, f)
		}
	}
	return out
}

// received is a request that the intake accepted.
type received struct {
	path   string
	from   string
	header http.Header
	series []wireSeries
}

// intake is a server that takes points like Datadog's, or does what a test asks
// it to.
type intake struct {
	wiretest.Server
	mu       sync.Mutex
	requests []received
	notices  []transporttest.Notice // events and checks
}

func newIntake(t testing.TB) *intake {
	in := unstarted()
	in.Start(t)
	return in
}

func unstarted() *intake {
	in := &intake{}
	in.Take = in.serve
	return in
}

func (in *intake) serve(w http.ResponseWriter, r *http.Request) {
	if err := in.take(r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"ok"}`)
}

// take keeps what a request brings.
func (in *intake) take(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if strings.HasSuffix(r.URL.Path, "/events") || strings.HasSuffix(r.URL.Path, "/check_run") {
		notice, err := readNotice(body)
		if err != nil {
			return err
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.notices = append(in.notices, notice)
		return nil
	}
	series, err := readPoints(r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"), body)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("DD-API-KEY") == "" {
		return fmt.Errorf("%s: %v", r.Method, err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.requests = append(in.requests, received{r.URL.Path, r.RemoteAddr, r.Header.Clone(), series})
	return nil
}

// readNotice reads the body of an event or a service check.
func readNotice(body []byte) (transporttest.Notice, error) {
	var doc struct {
		Title, Text, Host string
		Check, Message    string
		HostName          string `json:"host_name"`
		Tags              []string
		Timestamp         int64
		DateHappened      int64 `json:"date_happened"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return transporttest.Notice{}, err
	}
	if doc.Title+doc.Check == "" {
		return transporttest.Notice{}, fmt.Errorf("neither a title nor a check: %s", body)
	}
	return transporttest.Notice{
		Check: doc.Check != "", Title: doc.Title + doc.Check, Text: doc.Text + doc.Message, Tags: doc.Tags,
		Host: doc.Host + doc.HostName, Unix: doc.DateHappened + doc.Timestamp,
	}, nil
}

// noticesSeen returns the events and checks that arrived.
func (in *intake) noticesSeen() []transporttest.Notice {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.notices)
}

// cutTexts is how a long text arrives.
func cutTexts(n transporttest.Notice) transporttest.Notice {
	n.Title = clean(n.Title, 500)
	n.Text = clean(n.Text, 4000)
	if n.Check {
		n.Text = clean(n.Text, 500)
	}
	return n
}

// addresses returns where the requests came from that were taken.
func (in *intake) addresses() []string {
	var out []string
	for _, r := range in.got() {
		out = append(out, r.from)
	}
	return out
}

func (in *intake) got() []received {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.requests)
}

func (in *intake) flats() []transporttest.Flat {
	var out []transporttest.Flat
	for _, r := range in.got() {
		out = append(out, flatten(r.series)...)
	}
	return out
}

// names returns the metrics that arrived, in order, one for each point.
func (in *intake) names() []string {
	var out []string
	for _, f := range in.flats() {
		out = append(out, f.Name)
	}
	return out
}

// open returns a transport that sends to url.
func open(t testing.TB, url string, change ...func(*datadog.Config)) *datadog.Transport {
	cfg := datadog.Config{APIKey: testKey, URL: url}
	for _, c := range change {
		c(&cfg)
	}
	dd, err := datadog.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { dd.Close(t.Context()) })
	return dd
}

func gauge(name string, values ...float64) transport.Series {
	return series(name, transport.KindGauge, values...)
}

func series(name string, kind transport.Kind, values ...float64) transport.Series {
	s := transport.Series{Name: name, Kind: kind, Interval: 10 * time.Second}
	for i, v := range values {
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Value: v})
	}
	return s
}

// distribution has one point for each list of values.
func distribution(name string, values ...[]float64) transport.Series {
	s := transport.Series{Name: name, Kind: transport.KindDistribution, Interval: 10 * time.Second}
	for i, list := range values {
		sum := &transport.Summary{}
		for _, v := range list {
			sum.Count++
			sum.Sum += v
			sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: 1})
		}
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Summary: sum})
	}
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

// failure sends b, which must fail.
func failure(t *testing.T, dd *datadog.Transport, b *transport.Batch) *transport.SendError {
	t.Helper()
	se := transport.AsSendError(dd.Send(t.Context(), b))
	require.NotNil(t, se)
	return se
}
