package datadog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
)

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		want    transport.Outcome
		message string
	}{
		{"400 is about one of the points", wiretest.Status(400, `{"errors":["bad metric"]}`), transport.Poison, "status 400 Bad Request: bad metric"},
		{"401 denies", wiretest.Status(401, ""), transport.Denied, "check the API key"},
		{"403 denies", wiretest.Status(403, `{"errors":["Forbidden"]}`), transport.Denied, "Forbidden"},
		{"404 is for good", wiretest.Status(404, "not json"), transport.Permanent, "status 404 Not Found: check Config.Site and Config.URL"},
		{"408 may go away", wiretest.Status(408, ""), transport.Retry, "status 408"},
		{"409 is for good", wiretest.Status(409, ""), transport.Permanent, "status 409"},
		{"413 is too large", wiretest.Status(413, ""), transport.TooLarge, "status 413"},
		{"429 may go away", wiretest.Status(429, ""), transport.Retry, "status 429"},
		{"500 may go away", wiretest.Status(500, ""), transport.Retry, "status 500"},
		{"502 may go away", wiretest.Status(502, "<html>"), transport.Retry, "status 502"},
		{"503 may go away", wiretest.Status(503, ""), transport.Retry, "status 503"},
		{"504 may go away", wiretest.Status(504, ""), transport.Retry, "status 504"},
		{"a status nobody knows, above 500", wiretest.Status(599, ""), transport.Retry, "status 599"},
		{"errors in an accepted answer", wiretest.Status(202, `{"status":"ok","errors":["payload","too odd"]}`), transport.Permanent, "status 202 Accepted: payload; too odd"},
		{"errors that are no text", wiretest.Status(200, `{"errors":[{"code":7}]}`), transport.Permanent, `{"code":7}`},
		{"errors without words", wiretest.Status(200, `{"errors":[""]}`), transport.Permanent, "an error without a text"},
		{"errors before more blanks than are read", wiretest.Status(202, `{"errors":["odd"]}`+strings.Repeat(" ", 1<<20)), transport.Permanent, "odd"},
		{"errors of several lines", wiretest.Status(400, "{\"errors\":[\"one\\ntwo\\u2028three\"]}"), transport.Poison, "one two three"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			in.Answers(1, c.answer)
			dd := open(t, in.URL)
			se := failure(t, dd, batch(gauge("g", 1, 2)))
			assert.Equal(t, c.want, se.Outcome)
			assert.Zero(t, se.Delivered)
			assert.Empty(t, se.Rejected)
			assert.Contains(t, se.Error(), c.message)
			assert.Contains(t, se.Error(), "datadog: post /api/v1/series to 127.0.0.1:")
			assert.NotContains(t, se.Error(), "\n")
			require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1, 2))), "the transport goes on")
		})
	}
}

func TestAnswersThatAccept(t *testing.T) {
	for _, c := range []struct {
		name string
		code int
		body string
	}{
		{"202 as documented", 202, `{"status":"ok"}`},
		{"200", 200, ""},
		{"no content", 204, ""},
		{"an empty list of errors", 202, `{"errors":[]}`},
		{"errors that are no list", 202, `{"errors":null}`},
		{"no JSON", 202, "<html>thanks</html>"},
		{"JSON that is no object", 202, "[1]"},
		{"more than is read", 202, `{"errors":["` + strings.Repeat("x", 1<<20) + `"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			in.Answers(1, wiretest.Status(c.code, c.body))
			require.NoError(t, open(t, in.URL).Send(t.Context(), batch(gauge("g", 1))))
		})
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	in := newIntake(t)
	in.Answers(1, wiretest.Status(400, `{"errors":["`+strings.Repeat("word ", 5000)+`"]}`))
	assert.Less(t, len(failure(t, open(t, in.URL), batch(gauge("g", 1))).Error()), 500)
}

func TestRetryAfter(t *testing.T) {
	for _, code := range []int{408, 429, 503} {
		in := newIntake(t)
		in.Answers(1, wiretest.Status(code, "", "Retry-After", "7"))
		assert.Equal(t, 7*time.Second, failure(t, open(t, in.URL), batch(gauge("g", 1))).After, code)
	}
	in := newIntake(t)
	in.Answers(1, wiretest.Status(400, "", "Retry-After", "7"))
	assert.Zero(t, failure(t, open(t, in.URL), batch(gauge("g", 1))).After, "only where a retry makes sense")
}

func TestRedirects(t *testing.T) {
	elsewhere := newIntake(t)
	for _, c := range []struct {
		name    string
		code    int
		to      string // %s is the address of the server itself
		follows bool
	}{
		{"307 within the host", 307, "http://%s/moved", true},
		{"308 within the host", 308, "/moved", true},
		{"301 would become a GET", 301, "/moved", false},
		{"302 would become a GET", 302, "/moved", false},
		{"303 would become a GET", 303, "/moved", false},
		{"to another host", 307, elsewhere.URL, false},
		{"to another scheme", 308, "https://%s/moved", false},
		{"to a file", 307, "file:///etc/passwd", false},
		{"with a password", 307, "http://me:secret@%s/moved", false},
		{"to nowhere", 307, "", false},
		{"in a circle", 307, "/api/v1/series", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			in.Ask(func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/moved" {
					return true
				}
				to := c.to
				if strings.Contains(to, "%s") {
					to = fmt.Sprintf(to, r.Host)
				}
				w.Header().Set("Location", to)
				w.WriteHeader(c.code)
				return false
			})
			err := open(t, in.URL).Send(t.Context(), batch(gauge("g", 1)))
			if c.follows {
				require.NoError(t, err)
				assert.Equal(t, []string{"g"}, in.names(), "body and key went along")
				return
			}
			se := transport.AsSendError(err)
			require.NotNil(t, se)
			assert.Equal(t, transport.Retry, se.Outcome)
			assert.Contains(t, se.Error(), "redirect is not followed")
			assert.Empty(t, in.names())
			assert.Less(t, in.Seen(), 6)
		})
	}
	assert.Zero(t, elsewhere.Seen(), "no request reached another host")
}
