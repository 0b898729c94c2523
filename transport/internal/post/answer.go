package post

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

// Refusal is an answer that does not take the request.
type Refusal struct {
	Outcome transport.Outcome
	After   time.Duration // what Retry-After asks for
	Status  int
	Hint    string // what the user should do; "" if nothing is known
	Text    string // what the peer said about it, tame; "" if nothing
}

// Error says what was answered in one line.
func (r *Refusal) Error() string {
	msg := strings.TrimSpace(fmt.Sprintf("status %d %s", r.Status, http.StatusText(r.Status)))
	for _, more := range []string{r.Hint, r.Text} {
		if more != "" {
			msg += ": " + more
		}
	}
	return msg
}

// Refuse returns the Refusal that most protocols mean by the status: 400 is Poison, 401
// and 403 are Denied, 413 is TooLarge, 408, 429 and 5xx are Retry, as is a redirect that
// was not followed (somebody's mistake, which may be mended), and all others are
// Permanent. The caller adds a hint.
func (a *Answer) Refuse(text string) *Refusal {
	r := &Refusal{Outcome: transport.Permanent, Status: a.Status, Text: text}
	switch status := a.Status; {
	case status == http.StatusBadRequest:
		r.Outcome = transport.Poison
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		r.Outcome = transport.Denied
	case status == http.StatusRequestEntityTooLarge:
		r.Outcome = transport.TooLarge
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status/100 == 5:
		r.Outcome = transport.Retry
		r.After = retryAfter(a.Header, time.Now())
	case status/100 == 1, status/100 == 3:
		r.Outcome = transport.Retry
	}
	return r
}

// Media returns the content type without its parameters.
func (a *Answer) Media() string {
	media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return media
}

// Plain returns what the answer says if it is text or JSON, tame: a page of some proxy
// says nothing in its first words.
func (a *Answer) Plain() string {
	if media := a.Media(); media == "text/plain" || media == "application/json" {
		return Tame(string(a.Body[:min(len(a.Body), 4*maxRunes)]))
	}
	return ""
}

const maxRunes = 300

// Tame returns text on one line, printable, and not too long.
func Tame(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n == maxRunes {
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

// retryAfter returns the longest wait that the header's Retry-After asks for, 0 if it
// makes no sense.
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
