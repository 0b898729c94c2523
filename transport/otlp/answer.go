package otlp

import (
	"math"
	"net/http"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// verdict is what a peer says about a request that it took.
type verdict struct {
	rejected int // points
	why      string
}

// judge returns nil if the answer takes the request. Which statuses allow for another
// attempt is the protocol's own list, and 408, after which it was not read.
func (t *Transport) judge(answer *post.Answer) *post.Refusal {
	status := answer.Status
	if status/100 == 2 {
		return nil
	}
	r := answer.Refuse(t.secrets.Hide(complaint(answer)))
	switch {
	case status/100 == 3:
		r.Hint = "the redirect is not followed, check Config.Endpoint"
	case r.Outcome == transport.Denied:
		r.Hint = "check Config.Headers"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		r.Hint = "check Config.Endpoint, which OTLP has to be served below"
	case status/100 == 5 && (status < http.StatusBadGateway || status > http.StatusGatewayTimeout):
		r.Outcome, r.After = transport.Permanent, 0
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
			v.why = post.Tame(string(text))
		}
	})
	if !ok || fields == 0 {
		return verdict{}
	}
	if v.why = t.secrets.Hide(v.why); v.why == "" {
		v.why = string(transport.ReasonRejected)
	}
	return v
}

// complaint returns what the answer with an error says about it: the message of a
// Status, or text.
func complaint(answer *post.Answer) string {
	if media := answer.Media(); media == contentType || media == "application/protobuf" {
		text, _ := lastBytes(answer.Body, statusMessage)
		return post.Tame(string(text))
	}
	return answer.Plain()
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
