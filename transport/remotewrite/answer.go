package remotewrite

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shardstats/shardstats/transport"
)

// verdict is what a peer says about a request that it took.
type verdict struct {
	older               bool // it does not speak 2.0, and has stored nothing
	samples, histograms int  // that it did not write
	why                 string
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
	case r.status/100 == 2:
		msg += ": the answer does not say what was written, so nothing was: set Config.Version to V1 or Auto"
	case r.status/100 == 3:
		msg += ": the redirect is not followed, check Config.URL"
	case r.outcome == transport.Denied:
		msg += ": check Config.BearerToken, Username and Password"
	case r.status == http.StatusNotFound, r.status == http.StatusMethodNotAllowed:
		msg += ": check Config.URL, and that the peer receives remote write"
	}
	if r.text != "" {
		msg += ": " + r.text
	}
	return msg
}

// Headers in which a 2.0 receiver says how much it wrote.
const (
	samplesWritten    = "X-Prometheus-Remote-Write-Samples-Written"
	histogramsWritten = "X-Prometheus-Remote-Write-Histograms-Written"
)

// judge returns what became of the request: what the peer did not write of it, or why
// it did not take it.
func (t *Transport) judge(resp *http.Response, body []byte) (verdict, *refusal) {
	status := resp.StatusCode
	r := &refusal{status: status, text: t.public(complaint(resp.Header, body)), outcome: transport.Permanent}
	if t.packer.version == V2 {
		left, said := t.notWritten(resp.Header)
		left.why = r.text
		if left.why == "" {
			left.why = string(transport.ReasonRejected)
		}
		switch {
		case said && status/100 == 2:
			return left, nil
		case said && status == http.StatusBadRequest && left.wrote(t.packer.units):
			return left, nil // it refused some and took the rest
		case !said && t.version == Auto && older(status):
			return verdict{older: true}, nil
		case status/100 == 2:
			r.outcome = transport.Retry // somebody's mistake, which may be mended
			return verdict{}, r
		}
	}
	switch {
	case status/100 == 2:
		return verdict{}, nil
	case status == http.StatusBadRequest:
		r.outcome = transport.Poison
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		r.outcome = transport.Denied
	case status == http.StatusRequestEntityTooLarge:
		r.outcome = transport.TooLarge
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status/100 == 5:
		r.outcome = transport.Retry
		r.after = retryAfter(resp.Header, time.Now())
	case status/100 == 3:
		r.outcome = transport.Retry
	}
	return verdict{}, r
}

// older reports whether an answer that does not say how much was written may be that of a
// peer that does not speak 2.0: it took nothing of what it did not know for nothing, or
// refused the content.
func older(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return true
	}
	return status/100 == 2
}

// notWritten returns how many samples and histograms of the request are missing from what
// the peer says it wrote, and whether it says anything.
func (t *Transport) notWritten(h http.Header) (verdict, bool) {
	var left verdict
	for i := range t.packer.units {
		left.samples += t.packer.units[i].samples
		left.histograms += t.packer.units[i].histograms
	}
	samples, one := written(h, samplesWritten)
	histograms, other := written(h, histogramsWritten)
	left.samples = max(0, left.samples-samples)
	left.histograms = max(0, left.histograms-histograms)
	return left, one || other
}

// written reads one of the headers.
func written(h http.Header, name string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(h.Get(name)), 10, 31)
	return int(n), err == nil
}

// wrote reports whether any of what was sent was written.
func (v verdict) wrote(units []unit) bool {
	sent := 0
	for i := range units {
		sent += units[i].samples + units[i].histograms
	}
	return v.samples+v.histograms < sent
}

// public returns text, or what can be said of it if a secret is in it.
func (t *Transport) public(text string) string {
	if text != "" && t.secrets.quotedIn(text) {
		return "the answer is left out, it quotes a secret"
	}
	return text
}

// complaint returns what the answer says, if it is text.
func complaint(h http.Header, body []byte) string {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	if kind == "text/plain" || kind == "application/json" {
		return tame(string(body[:min(len(body), 4*maxComplaintRunes)]))
	}
	return "" // a page of some proxy says nothing in its first words
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
