package otlp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

// FuzzAnswer has a peer that answers anything. Nothing that it says goes beyond the
// request, or on more than one line.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/x-protobuf", proto(1, proto(1, 1, 2, "too old")))
	f.Add(200, "application/x-protobuf", proto(1, proto(1, -1, 2, "a\nb")))
	f.Add(400, "application/x-protobuf", proto(1, 3, 2, "bad"))
	f.Add(503, "text/plain", "busy\r\nX: y")
	f.Add(302, "", "\xff\x00")
	f.Fuzz(func(t *testing.T, code int, contentType, body string) {
		client := &http.Client{Transport: wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
			defer r.Body.Close()
			_, _ = io.Copy(io.Discard, r.Body)
			return &http.Response{
				StatusCode: code, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {body}},
				Body: io.NopCloser(strings.NewReader(body)), Request: r,
			}, nil
		})}
		tr := open(t, "", func(c *otlp.Config) { c.Client, c.Compression = client, otlp.None })
		se := transport.AsSendError(tr.Send(t.Context(), batch(gauge("g", 1, 2), gauge("h", 3))))
		if se == nil {
			assert.Equal(t, 2, code/100)
			return
		}
		texts := []string{se.Error()}
		for i, r := range se.Rejected {
			assert.Equal(t, 3-len(se.Rejected)+i, r.Index)
			texts = append(texts, r.Reason)
		}
		assert.LessOrEqual(t, len(se.Rejected), 3)
		if code/100 == 2 {
			assert.Equal(t, 3, se.Delivered)
			assert.NotEmpty(t, se.Rejected)
		} else {
			assert.Zero(t, se.Delivered)
			assert.Empty(t, se.Rejected)
		}
		for _, text := range texts {
			assert.NotEmpty(t, text)
			assert.Less(t, len(text), 2000)
			assert.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
		}
	})
}
