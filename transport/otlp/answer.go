package otlp

import (
	"fmt"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
)

// verdict is what a peer says about a request that it took.
type verdict struct {
	rejected int // points
	why      string
}

// refusal is an answer that does not take the request.
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
		msg += ": the redirect is not followed, check Config.Endpoint"
	case r.outcome == transport.Denied:
		msg += ": check Config.Headers"
	case r.status == http.StatusNotFound, r.status == http.StatusMethodNotAllowed:
		msg += ": check Config.Endpoint, which OTLP has to be served below"
	}
	if r.text != "" {
		msg += ": " + r.text
	}
	return msg
}

// judge returns nil if the answer takes the request. Which statuses allow for another
// attempt is the protocol's own list, and 408, after which it was not read.
func (t *Transport) judge(resp *http.Response, body []byte) *refusal {
	status := resp.StatusCode
	if status/100 == 2 {
		return nil
	}
	r := &refusal{status: status, text: t.public(complaint(resp.Header, body)), outcome: transport.Permanent}
	switch status {
	case http.StatusBadRequest:
		r.outcome = transport.Poison
	case http.StatusUnauthorized, http.StatusForbidden:
		r.outcome = transport.Denied
	case http.StatusRequestEntityTooLarge:
		r.outcome = transport.TooLarge
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		r.outcome = transport.Retry
		r.after = retryAfter(resp.Header, time.Now())
	}
	if status/100 == 3 { // somebody's mistake, which may be mended
		r.outcome = transport.Retry
	}
	return r
}

// verdictOf reads an ExportMetricsServiceResponse. Anything else says that all was
// taken, as an empty one does.
func (t *Transport) verdictOf(body []byte) verdict {
	var v verdict
	partial, ok := lastBytes(body, responsePartial)
	if !ok || len(partial) == 0 {
		return v
	}
	fields, ok := read(partial, func(number protowire.Number, kind protowire.Type, value []byte) {
		switch {
		case number == partialRejected && kind == protowire.VarintType:
			n, _ := protowire.ConsumeVarint(value)
			v.rejected = int(min(max(int64(n), 0), math.MaxInt32)) // more than a request holds is all of it
		case number == partialMessage && kind == protowire.BytesType:
			text, _ := protowire.ConsumeBytes(value)
			v.why = tame(string(text))
		}
	})
	if !ok || fields == 0 {
		return verdict{}
	}
	if v.why = t.public(v.why); v.why == "" {
		v.why = string(transport.ReasonRejected)
	}
	return v
}

// public returns text, or what can be said of it if a secret is in it.
func (t *Transport) public(text string) string {
	if text != "" && t.secrets.quotedIn(text) {
		return "the answer is left out, it quotes a header"
	}
	return text
}

// complaint returns what the answer with an error says about it: the message of a
// Status, or text.
func complaint(h http.Header, body []byte) string {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case kind == contentType || kind == "application/protobuf":
		text, _ := lastBytes(body, statusMessage)
		return tame(string(text))
	case kind == "text/plain", kind == "application/json":
		return tame(string(body))
	}
	return "" // a page of some proxy says nothing in its first words
}

// lastBytes returns the field with a number, which is a string or a message, and
// whether body is a message at all. Of several the last holds.
func lastBytes(body []byte, field protowire.Number) (value []byte, ok bool) {
	_, ok = read(body, func(number protowire.Number, kind protowire.Type, content []byte) {
		if number == field && kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(content)
		}
	})
	if !ok {
		return nil, false
	}
	return value, true
}

// read calls f for each field of a message, and returns how many there are and whether it
// is one.
func read(body []byte, f func(number protowire.Number, kind protowire.Type, value []byte)) (fields int, ok bool) {
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return fields, false
		}
		body = body[n:]
		if n = protowire.ConsumeFieldValue(number, kind, body); n < 0 {
			return fields, false
		}
		f(number, kind, body[:n])
		body = body[n:]
		fields++
	}
	return fields, true
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
	if v != "" && strings.Trim(v, "0123456789") == "" {
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
