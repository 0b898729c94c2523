package otlp

import (
	"context"
	"net/http"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

const contentType = "application/x-protobuf"

// post sends the packed request, and returns what the peer said about one that it
// took, or what became of it otherwise.
func (t *Transport) post(ctx context.Context) (verdict, *transport.SendError) {
	t.body.bytes = t.body.bytes[:0]
	if t.zip == nil {
		_ = t.packer.writeTo(&t.body) // a buffer takes everything
	} else {
		t.zip.Reset(&t.body)
		_ = t.packer.writeTo(t.zip)
		_ = t.zip.Close()
	}
	r := &post.Request{Method: http.MethodPost, URL: t.url, Body: t.body.bytes, Header: t.header, Hide: t.secrets.Hide}
	answer, failed := t.client.Do(ctx, r)
	if !r.BodyFree {
		t.body.bytes = nil
	}
	if failed != nil {
		return verdict{}, failed
	}
	if refused := t.judge(answer); refused != nil {
		return verdict{}, t.client.Refused(r, refused)
	}
	return t.verdictOf(answer.Body), nil
}

// header sets what goes along with each request.
func (t *Transport) header(h http.Header) {
	h.Set("User-Agent", t.userAgent)
	for name, value := range t.headers() {
		h.Set(name, value)
	}
	h.Set("Content-Type", contentType)
	if t.zip != nil {
		h.Set("Content-Encoding", "gzip")
	}
}

// buffer is written to and never fails.
type buffer struct{ bytes []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
