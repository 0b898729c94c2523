package datadog

import (
	"net/http"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

const deniedHint = "check the API key, and that it belongs to this site"

// judge returns nil if the answer accepts the request.
func judge(answer *post.Answer, keys credentials) *post.Refusal {
	text := keys.hide(complaint(answer.Body))
	if answer.Status/100 == 2 && text == "" {
		return nil
	}
	r := answer.Refuse(text)
	switch {
	case r.Status/100 == 3:
		r.Hint = "the redirect is not followed, check Config.Site and Config.URL"
	case r.Outcome == transport.Denied:
		r.Hint = deniedHint
	case r.Status == http.StatusNotFound, r.Status == http.StatusMethodNotAllowed:
		r.Hint = "check Config.Site and Config.URL, which Datadog's API has to be served below"
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
	text := post.Tame(strings.Join(said, "; "))
	if text == "" && len(list) > 0 {
		text = "an error without a text"
	}
	return text
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
