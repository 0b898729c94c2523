package datadog

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/valyala/fastjson"

	"github.com/shardstats/shardstats/transport"
)

// refusal is an answer that does not accept the request.
type refusal struct {
	outcome transport.Outcome
	after   time.Duration
	status  int
	text    string // what the peer said about it
}

func (r *refusal) Error() string {
	msg := strings.TrimSpace(fmt.Sprintf("status %d %s", r.status, http.StatusText(r.status)))
	switch {
	case r.status/100 == 3:
		msg += ": the redirect is not followed, check Config.Site and Config.URL"
	case r.outcome == transport.Denied:
		msg += ": check the API key, and that it belongs to this site"
	}
	if r.text != "" {
		msg += ": " + r.text
	}
	return msg
}

// judge returns nil if the answer accepts the request. body is its beginning, up
// to maxAnswerBytes.
func judge(resp *http.Response, body []byte, keys credentials) *refusal {
	text := complaint(body)
	if keys.quotedIn(text) {
		text = "the answer is left out, it quotes a key"
	}
	r := &refusal{status: resp.StatusCode, text: text, outcome: transport.Permanent}
	switch status := resp.StatusCode; {
	case status/100 == 2:
		if text == "" {
			return nil
		}
	case status == http.StatusBadRequest:
		r.outcome = transport.Poison
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		r.outcome = transport.Denied
	case status == http.StatusRequestEntityTooLarge:
		r.outcome = transport.TooLarge
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status/100 != 4:
		r.outcome = transport.Retry
		r.after = retryAfter(resp.Header, time.Now())
	}
	return r
}

// complaint returns the contents of an answer's "errors", "" if it has none or
// was cut before its end.
func complaint(body []byte) string {
	var parser fastjson.Parser // not a field: it keeps what it has read, and fmt prints fields
	v, err := parser.ParseBytes(body)
	if err != nil {
		return ""
	}
	errs := v.Get("errors")
	if errs == nil {
		return ""
	}
	list, err := errs.Array()
	if err != nil {
		return ""
	}
	var said []string
	for _, e := range list {
		if s, err := e.StringBytes(); err == nil {
			said = append(said, string(s))
		} else {
			said = append(said, e.String())
		}
	}
	text := tame(strings.Join(said, "; "))
	if text == "" && len(list) > 0 {
		text = "an error without a text"
	}
	return text
}

const maxComplaintRunes = 300

// tame returns text on one line, printable, and not too long.
func tame(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n == maxComplaintRunes {
			b.WriteString(" …")
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// saysInvalid reports whether the answer to a question about a key is that it is
// not valid: the API says 403 then, what stands before it may not.
func saysInvalid(body []byte) bool {
	var parser fastjson.Parser
	v, err := parser.ParseBytes(body)
	if err != nil {
		return false
	}
	valid := v.Get("valid")
	return valid != nil && valid.Type() == fastjson.TypeFalse
}

// maxRetryAfter bounds what a peer can ask for; the flusher bounds it further.
const maxRetryAfter = time.Hour

// retryAfter returns the longest wait that an answer's Retry-After asks for, 0
// if it makes no sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	var longest time.Duration
	for _, v := range h.Values("Retry-After") {
		longest = max(longest, parseRetryAfter(strings.TrimSpace(v), now))
	}
	return longest
}

func parseRetryAfter(v string, now time.Time) time.Duration {
	if strings.Trim(v, "0123456789") == "" && v != "" {
		seconds, err := strconv.ParseInt(v, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return max(0, min(maxRetryAfter, date.Sub(now)))
}
