package datadog

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// post sends content to r and returns nil if it was accepted. reusable reports whether
// the memory of content is free again: net/http may still read it after an early answer.
func (t *Transport) post(ctx context.Context, r *route, content []byte) (failed *transport.SendError, reusable bool) {
	req := &post.Request{Method: http.MethodPost, URL: t.base + r.path, What: r.path, Body: content}
	return t.exchange(ctx, req, r), req.BodyFree
}

// exchange makes one request and returns nil if it was accepted.
func (t *Transport) exchange(ctx context.Context, req *post.Request, r *route) *transport.SendError {
	ctx, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no answer within %v", t.timeout)) // APIKeyFunc included
	defer cancel()
	if ctx.Err() != nil {
		return t.client.Failed(req, transport.Retry, context.Cause(ctx))
	}
	key, err := t.key(ctx)
	if err != nil {
		return t.client.Failed(req, transport.Retry, fmt.Errorf("Config.APIKeyFunc failed: %w", err))
	}
	if problem := keyProblem(key); problem != "" {
		return t.client.Failed(req, transport.Denied, errors.New("the key from Config.APIKeyFunc "+problem))
	}
	keys := credentials{key, t.appKey()}
	req.Hide = keys.hide
	req.Header = func(h http.Header) { t.header(h, r, keys) }
	answer, failed := t.client.Do(ctx, req)
	if failed != nil {
		return failed
	}
	refused := judge(answer, keys)
	if refused == nil && r.path == validatePath && saysInvalid(answer.Body) {
		refused = &post.Refusal{Status: answer.Status, Outcome: transport.Denied, Hint: deniedHint, Text: "the answer says that it is not valid"}
	}
	if refused != nil {
		return t.client.Refused(req, refused)
	}
	return nil
}

// header sets what goes along with a request: the keys are here alone.
func (t *Transport) header(h http.Header, r *route, keys credentials) {
	if r.contentType != "" {
		h.Set("Content-Type", r.contentType)
	}
	if r.contentType == protobufType {
		h.Set("DD-Agent-Payload", schemaVersion)
	}
	if r.encoding != "" {
		h.Set("Content-Encoding", r.encoding)
	}
	h.Set("User-Agent", t.userAgent)
	h.Set("DD-API-KEY", keys.api)
	if keys.app != "" {
		h.Set("DD-APPLICATION-KEY", keys.app)
	}
}
