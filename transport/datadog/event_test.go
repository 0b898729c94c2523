package datadog_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

func TestServiceChecks(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL)
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Checks: []transport.ServiceCheck{
		{Name: "db.up", Status: transport.CheckCritical, Message: "no\nanswer", Time: time.Unix(100, 0), Tags: []string{"a:b"}, Host: "h"},
		{Name: "plain"},
		{Name: "odd", Status: 200},
	}}))
	require.Len(t, r.got(), 3)
	assert.JSONEq(t, `{"check":"db.up","host_name":"h","status":2,"timestamp":100,"message":"no\nanswer","tags":["a:b"]}`, r.got()[0].body)
	assert.JSONEq(t, `{"check":"plain","host_name":"","status":0}`, r.got()[1].body)
	assert.JSONEq(t, `{"check":"odd","host_name":"","status":3}`, r.got()[2].body)
	for _, req := range r.got() {
		assert.Equal(t, "POST /api/v1/check_run", req.method+" "+req.path)
		assert.NotContains(t, req.header, "Content-Encoding", "checks are never compressed")
	}
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
		{"distributions for good", 1, 404, transport.Retry, 3, []int{2}},
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

// A point that cannot be sent does not keep anything else from arriving.
func TestAnUnfitPointInAMixedBatch(t *testing.T) {
	r := newRecorder(t)
	b := &transport.Batch{Series: []transport.Series{series("h", transport.KindHistogram, 1)}, Events: []transport.Event{{Title: "T"}}}
	se := failure(t, open(t, r.URL), b)
	assert.Equal(t, 2, se.Delivered)
	assert.Equal(t, []int{0}, indexes(se))
	assert.Len(t, r.got(), 1)

	r.answer = func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	se = failure(t, open(t, r.URL), b)
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Equal(t, 1, se.Delivered)
	assert.Equal(t, []int{0}, indexes(se), "also where the event fails")
}

// A text that is too long is cut at a character, and says so.
func TestLongTextsAreCut(t *testing.T) {
	fields := func(body []byte) map[string]any {
		var got map[string]any
		require.NoError(t, json.Unmarshal(body, &got))
		return got
	}
	for _, letter := range []string{"a", "é", "😀"} {
		fits := transport.Event{
			Title: strings.Repeat(letter, 500), Text: strings.Repeat(letter, 4000), AggregationKey: strings.Repeat(letter, 100),
		}
		got := fields(datadog.EventBody(&fits))
		assert.Equal(t, fits.Title, got["title"])
		assert.Equal(t, fits.Text, got["text"])
		assert.Equal(t, fits.AggregationKey, got["aggregation_key"])
		check := transport.ServiceCheck{Name: "c", Message: strings.Repeat(letter, 500)}
		assert.Equal(t, check.Message, fields(datadog.CheckBody(&check))["message"])

		long := transport.Event{Title: fits.Title + "b", Text: fits.Text + "b", AggregationKey: fits.AggregationKey + "b"}
		got = fields(datadog.EventBody(&long))
		assert.Equal(t, strings.Repeat(letter, 499)+"…", got["title"])
		assert.Equal(t, strings.Repeat(letter, 3999)+"…", got["text"])
		check.Message += "b"
		assert.Equal(t, strings.Repeat(letter, 499)+"…", fields(datadog.CheckBody(&check))["message"])

		key := got["aggregation_key"].(string)
		assert.Len(t, []rune(key), 100)
		assert.True(t, strings.HasPrefix(key, strings.Repeat(letter, 83)+"…"), key)
		assert.Equal(t, key, fields(datadog.EventBody(&long))["aggregation_key"], "the same each time")
		long.AggregationKey = fits.AggregationKey + "c"
		assert.NotEqual(t, key, fields(datadog.EventBody(&long))["aggregation_key"], "two long keys stay two")
	}
}

// No text of an event or a check can forge a field, and short ones come back as
// they were.
func FuzzNotices(f *testing.F) {
	f.Add("title", "text", "tag", "host", int64(7), uint8(0))
	f.Add(`","priority":"low`, "\n\u2028\x00", `"],"x":["`, "\xff\\", int64(-1), uint8(2))
	f.Add(strings.Repeat("é", 501), strings.Repeat("\xff", 4001), "", "", int64(0), uint8(9))
	f.Fuzz(func(t *testing.T, title, text, tag, host string, unix int64, status uint8) {
		unix = max(-1<<40, min(unix, 1<<40))
		event := transport.Event{
			Title: title, Text: text, Time: time.Unix(unix, 0), AlertType: transport.AlertType(title), Priority: transport.Priority(host),
			AggregationKey: text, SourceTypeName: title, Tags: []string{tag}, Host: host,
		}
		sameFields(t, datadog.EventBody(&event), map[string]any{
			"title": clean(title, 500), "text": clean(text, 4000), "alert_type": clean(title, 0), "source_type_name": clean(title, 0),
			"aggregation_key": nil, "date_happened": float64(unix), "priority": clean(host, 0), "tags": nil, "host": clean(host, 0),
		}, "title", "text")
		check := transport.ServiceCheck{
			Name: title, Status: transport.CheckStatus(status), Message: text, Time: time.Unix(unix, 0), Tags: []string{tag}, Host: host,
		}
		sameFields(t, datadog.CheckBody(&check), map[string]any{
			"check": clean(title, 0), "host_name": clean(host, 0), "status": float64(min(status, 3)), "timestamp": float64(unix),
			"message": clean(text, 500), "tags": nil,
		}, "check", "host_name")
	})
}

// clean is s as it has to arrive; limit 0 is none.
func clean(s string, limit int) string {
	runes := []rune(s) // what is not UTF-8 becomes U+FFFD
	if limit > 0 && len(runes) > limit {
		runes = append(runes[:limit-1], '…')
	}
	return string(runes)
}

// sameFields checks that body is one object with the wanted fields and no others:
// nil stands for any value, and an empty text is left out but for those named.
func sameFields(t *testing.T, body []byte, want map[string]any, always ...string) {
	var got map[string]any
	d := json.NewDecoder(strings.NewReader(string(body)))
	require.NoError(t, d.Decode(&got))
	_, err := d.Token()
	require.ErrorIs(t, err, io.EOF)
	for key := range got {
		require.Contains(t, want, key, "a field that was not submitted")
	}
	for key, value := range want {
		switch {
		case value == "" && !slices.Contains(always, key):
			assert.NotContains(t, got, key)
		case value != nil:
			assert.Equal(t, value, got[key], key)
		}
	}
}

// An answer that was lost leaves an event and a check unknown; what was not tried
// is for another attempt.
func TestLostAnswersToEventsAndChecksAreUnknown(t *testing.T) {
	event := transport.Event{Title: "T"}
	check := transport.ServiceCheck{Name: "c"}
	for _, c := range []struct {
		name     string
		b        transport.Batch
		lost     int // number of the request
		outcome  transport.Outcome
		rejected []int
	}{
		{"an event alone", transport.Batch{Events: []transport.Event{event}}, 0, transport.Unknown, nil},
		{"a check alone", transport.Batch{Checks: []transport.ServiceCheck{check}}, 0, transport.Unknown, nil},
		{"the last of two", transport.Batch{Events: []transport.Event{event}, Checks: []transport.ServiceCheck{check}}, 1, transport.Unknown, nil},
		{"the first of two", transport.Batch{Events: []transport.Event{event}, Checks: []transport.ServiceCheck{check}}, 0, transport.Retry, []int{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorder(t)
			r.answer = func(number int, w http.ResponseWriter) {
				if number == c.lost {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(http.StatusAccepted)
			}
			se := failure(t, open(t, r.URL), &c.b)
			assert.Equal(t, c.outcome, se.Outcome)
			assert.Equal(t, c.lost, se.Delivered)
			assert.Equal(t, c.rejected, indexes(se))
			assert.Len(t, r.got(), c.lost+1)
		})
	}
}
