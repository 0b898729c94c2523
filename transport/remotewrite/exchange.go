package remotewrite

import (
	"context"
	"net/http"

	"github.com/klauspost/compress/s2"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

const (
	contentV1 = "application/x-protobuf"
	contentV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
)

// post sends the packed request, and returns what the peer said about one that it
// took, or what became of it otherwise.
func (t *Transport) post(ctx context.Context) (verdict, *transport.SendError) {
	t.raw = t.packer.appendRequest(t.raw[:0])
	t.packed = s2.EncodeSnappy(t.packed[:cap(t.packed)], t.raw)
	r := &post.Request{Method: http.MethodPost, URL: t.url, Body: t.packed, Header: t.header, Hide: t.secrets.Hide}
	answer, failed := t.client.Do(ctx, r)
	if !r.BodyFree {
		t.packed = nil
	}
	if failed != nil {
		return verdict{}, failed
	}
	taken, refused := t.judge(answer)
	if refused != nil {
		return verdict{}, t.client.Refused(r, refused)
	}
	return taken, nil
}

// header sets what goes along with each request.
func (t *Transport) header(h http.Header) {
	h.Set("User-Agent", t.userAgent)
	for name, value := range t.headers() {
		h.Set(name, value)
	}
	h.Set("Content-Encoding", "snappy")
	if t.packer.version == V2 {
		h.Set("Content-Type", contentV2)
		h.Set("X-Prometheus-Remote-Write-Version", "2.0.0")
	} else {
		h.Set("Content-Type", contentV1)
		h.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	}
}
