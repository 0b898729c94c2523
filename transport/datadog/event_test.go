package datadog_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// request is one that a recorder got.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// recorder takes every request, or answers as a test asks by number, from 0.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(number int, w http.ResponseWriter) // nil: 202
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	number := len(r.requests)
	r.requests = append(r.requests, request{req.Method, req.URL.Path, req.Header.Clone(), string(body)})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(number, w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (r *recorder) got() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// What datadogpy sent for the same events, byte for byte but for blanks.
func TestEventsAreThoseOfDatadogpy(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL, func(c *datadog.Config) { c.FillHost = "myhost" })
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Events: []transport.Event{
		{
			Title: "T", Text: "txt", AlertType: transport.AlertError, AggregationKey: "ak", SourceTypeName: "st",
			Time: time.Unix(1375296969, 0), Priority: transport.PriorityLow, Tags: []string{"e:1", "k:v"}, Host: "eh",
		},
		{Title: "T2", Text: "txt2", Tags: []string{"k:v"}},
	}}))
	want, err := os.ReadFile("testdata/threadstats_events.jsonl")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(want)), "\n")
	require.Len(t, r.got(), 2)
	for i, req := range r.got() {
		assert.Equal(t, strings.NewReplacer(": ", ":", ", ", ",").Replace(lines[i]), req.body)
		assert.Equal(t, "POST /api/v1/events", req.method+" "+req.path)
		assert.Equal(t, testKey, req.header.Get("DD-API-KEY"))
		assert.Equal(t, "application/json", req.header.Get("Content-Type"))
		assert.NotContains(t, req.header, "Content-Encoding", "events are never compressed")
		assert.NotContains(t, req.header, "Dd-Application-Key", "there is none")
	}
}

func TestServiceChecks(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL)
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Checks: []transport.ServiceCheck{
		{Name: "db.up", Status: transport.CheckCritical, Message: "no\nanswer", Time: time.Unix(100, 0), Tags: []string{"a:b"}, Host: "h"},
		{Name: "plain"},
	}}))
	require.Len(t, r.got(), 2)
	assert.JSONEq(t, `{"check":"db.up","host_name":"h","status":2,"timestamp":100,"message":"no\nanswer","tags":["a:b"]}`, r.got()[0].body)
	assert.JSONEq(t, `{"check":"plain","host_name":"","status":0}`, r.got()[1].body)
	assert.Equal(t, "POST /api/v1/check_run", r.got()[0].method+" "+r.got()[0].path)
}

func TestTheApplicationKeyGoesAlongIfThereIsOne(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL, func(c *datadog.Config) { c.AppKey = "an-application-key" })
	require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Events: []transport.Event{{Title: "T"}}}))
	require.NoError(t, dd.Validate(t.Context()))
	for _, req := range r.got() {
		assert.Equal(t, "an-application-key", req.header.Get("DD-APPLICATION-KEY"), req.path)
	}
	assert.Len(t, r.got(), 3)
}

func TestTheApplicationKeyIsNowhereElse(t *testing.T) {
	cfg := datadog.Config{APIKey: testKey, AppKey: awkwardKey}
	text := printed(t, cfg)
	assertHidden(t, awkwardKey, text)
	assertHidden(t, testKey, text)
	r := newRecorder(t)
	r.answer = func(_ int, w http.ResponseWriter) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {"your key " + awkwardKey + " is odd"}})
	}
	dd := open(t, r.URL, func(c *datadog.Config) { c.AppKey = awkwardKey })
	assertHidden(t, awkwardKey, printed(t, dd))
	assertHidden(t, awkwardKey, failure(t, dd, batch(gauge("g", 1))).Error())
	_, err := datadog.New(datadog.Config{APIKey: testKey, AppKey: "with a line end\n"})
	assert.ErrorContains(t, err, "Config.AppKey has a character that is not printable ASCII")
	assert.NotContains(t, err.Error(), "with a line end")
}

func TestValidate(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL)
	require.NoError(t, dd.Validate(t.Context()))
	req := r.got()[0]
	assert.Equal(t, "GET /api/v1/validate", req.method+" "+req.path)
	assert.Empty(t, req.body)
	assert.NotContains(t, req.header, "Content-Type")

	r.answer = func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }
	se := transport.AsSendError(dd.Validate(t.Context()))
	require.NotNil(t, se)
	assert.Equal(t, transport.Denied, se.Outcome)
	assert.Contains(t, se.Error(), "datadog: get /api/v1/validate to 127.0.0.1:")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, transport.Retry, transport.AsSendError(dd.Validate(ctx)).Outcome)
}

// Validate opens the connection that the next Send uses.
func TestValidateWarmsTheConnectionUp(t *testing.T) {
	in := newIntake(t)
	var mu sync.Mutex
	addresses := map[string]bool{}
	in.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		addresses[r.RemoteAddr] = true
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusOK)
			return false
		}
		return true
	}
	dd := open(t, in.URL)
	require.NoError(t, dd.Validate(t.Context()))
	require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, addresses, 1)
}

// A batch made by hand may mix points, events and checks; what fails says what
// became of each.
func TestMixedBatches(t *testing.T) {
	mixed := func() *transport.Batch {
		return &transport.Batch{
			Series: []transport.Series{gauge("g", 1, 2), distribution("d", []float64{1})},
			Events: []transport.Event{{Title: "1"}, {Title: "2"}},
			Checks: []transport.ServiceCheck{{Name: "c"}},
		}
	}
	for _, c := range []struct {
		name      string
		request   int // that fails: 0 series, 1 distributions, 2 and 3 events, 4 the check
		status    int
		outcome   transport.Outcome
		delivered int
		rejected  []int
	}{
		{"series for now", 0, 503, transport.Retry, 0, nil},
		{"distributions for good", 1, 404, transport.Retry, 2, []int{2}},
		{"the first event for good", 2, 404, transport.Retry, 3, []int{3}},
		{"the first event is malformed", 2, 400, transport.Retry, 3, []int{3}},
		{"the second event for now", 3, 503, transport.Retry, 4, nil},
		{"an event denied", 3, 403, transport.Denied, 4, nil},
		{"the check, the last, for good", 4, 404, transport.Permanent, 5, nil},
		{"the check is malformed", 4, 400, transport.Poison, 5, nil},
		{"nothing", 5, 0, 0, 6, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorder(t)
			r.answer = func(number int, w http.ResponseWriter) {
				if number == c.request {
					w.WriteHeader(c.status)
					return
				}
				w.WriteHeader(http.StatusAccepted)
			}
			err := open(t, r.URL).Send(t.Context(), mixed())
			if c.status == 0 {
				require.NoError(t, err)
				assert.Len(t, r.got(), 5)
				return
			}
			se := transport.AsSendError(err)
			require.NotNil(t, se)
			assert.Equal(t, c.outcome, se.Outcome)
			assert.Equal(t, c.delivered, se.Delivered)
			var rejected []int
			for _, x := range se.Rejected {
				rejected = append(rejected, x.Index)
			}
			assert.Equal(t, c.rejected, rejected)
			assert.Len(t, r.got(), c.request+1, "it stops there")
		})
	}
}

// A point that cannot be sent keeps what comes after it for another attempt.
func TestAnUnfitPointInAMixedBatch(t *testing.T) {
	r := newRecorder(t)
	b := &transport.Batch{Series: []transport.Series{series("h", transport.KindHistogram, 1)}, Events: []transport.Event{{Title: "T"}}}
	se := failure(t, open(t, r.URL), b)
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Zero(t, se.Delivered)
	assert.Len(t, se.Rejected, 1)
	assert.Empty(t, r.got())
}

// No text of an event can forge a field of it.
func FuzzEvent(f *testing.F) {
	f.Add("title", "text", "tag", "host")
	f.Add(`","priority":"low`, "\n\u2028\x00", `"],"x":["`, "\xff\\")
	f.Fuzz(func(t *testing.T, title, text, tag, host string) {
		e := transport.Event{Title: title, Text: text, Tags: []string{tag}, Host: host, AggregationKey: text}
		var got map[string]any
		d := json.NewDecoder(strings.NewReader(string(datadog.EventBody(&e))))
		require.NoError(t, d.Decode(&got))
		_, err := d.Token()
		require.ErrorIs(t, err, io.EOF)
		for key, value := range got {
			switch key {
			case "title":
				assert.Equal(t, string([]rune(title)), value)
			case "text", "aggregation_key", "host", "tags":
			default:
				t.Fatalf("a field that was not submitted: %q", key)
			}
		}
	})
}
