package datadog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// post sends content to r and returns nil if it was accepted. reusable reports whether
// the memory of content is free again: that of net/http may still read it after an
// early answer.
func (t *Transport) post(ctx context.Context, r *route, content []byte) (failed *transport.SendError, reusable bool) {
	body := &payload{bytes: content}
	failed = t.do(ctx, http.MethodPost, r, body)
	return failed, body.readers.Load() == 0
}

// do makes one request and returns nil if it was accepted. body is nil for one
// without.
func (t *Transport) do(ctx context.Context, method string, r *route, body *payload) *transport.SendError {
	failed := t.exchange(ctx, method, r, body)
	if t.ownClient && t.closed.Load() { // Close ran beside this request
		t.client.CloseIdleConnections()
	}
	return failed
}

func (t *Transport) exchange(ctx context.Context, method string, r *route, body *payload) *transport.SendError {
	ctx, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no answer within %v", t.timeout))
	defer cancel()
	fail := func(o transport.Outcome, err error) *transport.SendError {
		return &transport.SendError{Outcome: o, Err: fmt.Errorf("datadog: %s %s to %s: %w", strings.ToLower(method), r.path, t.host, err)}
	}
	if ctx.Err() != nil {
		return fail(transport.Retry, context.Cause(ctx))
	}
	key, err := t.key(ctx)
	if err != nil {
		return fail(transport.Retry, fmt.Errorf("Config.APIKeyFunc failed: %w", err))
	}
	if problem := keyProblem(key); problem != "" {
		return fail(transport.Denied, errors.New("the key from Config.APIKeyFunc "+problem))
	}
	keys := credentials{key, t.appKey()}
	req, err := t.request(ctx, method, r, keys, body)
	if err != nil {
		return fail(transport.Permanent, hide(err, keys))
	}
	resp, err := t.client.Do(req)
	if err != nil {
		outcome := transport.Retry
		if body != nil && body.sent.Load() {
			outcome = transport.Unknown
		}
		return fail(outcome, t.cause(ctx, err, keys))
	}
	defer resp.Body.Close()
	// The body of a 101 is the bare connection, which does not end with ctx.
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil && resp.StatusCode/100 == 2 {
		return fail(transport.Unknown, fmt.Errorf("the answer ended early: %w", t.cause(ctx, err, keys)))
	}
	refused := judge(resp, text, keys)
	if refused == nil && r.path == validatePath && saysInvalid(text) {
		refused = &refusal{status: resp.StatusCode, outcome: transport.Denied, text: "the answer says that it is not valid"}
	}
	if refused != nil {
		failed := fail(refused.outcome, refused)
		failed.After = refused.after
		return failed
	}
	return nil
}

// request makes the request. Its keys are in the header alone.
func (t *Transport) request(ctx context.Context, method string, r *route, keys credentials, body *payload) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, t.base+r.path, nil)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Body = body.open()
		req.GetBody = func() (io.ReadCloser, error) {
			// The standard library sends a body again only if the peer cannot have
			// acted on it: nothing was written, the peer said so, or it redirected.
			// Other clients may have other reasons.
			if t.ownClient {
				body.sent.Store(false)
			}
			return body.open(), nil
		}
		req.ContentLength = int64(len(body.bytes))
		req.Header.Set("Content-Type", r.contentType)
		if r.contentType == protobufType {
			req.Header.Set("DD-Agent-Payload", schemaVersion)
		}
		if r.encoding != "" {
			req.Header.Set("Content-Encoding", r.encoding)
		}
	}
	// Asked for in so many words, so that no client asks for gzip and unpacks
	// whatever comes.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", t.userAgent)
	req.Header.Set("DD-API-KEY", keys.api)
	if keys.app != "" {
		req.Header.Set("DD-APPLICATION-KEY", keys.app)
	}
	return req, nil
}

// cause returns what is worth saying of an error of the client.
func (t *Transport) cause(ctx context.Context, err error, keys credentials) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, whose path may hold a token
	}
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", cause, ctx.Err())
		}
	}
	return hide(err, keys)
}

// hide returns err, or what can be said of it if its text has a key in it.
func hide(err error, keys credentials) error {
	if keys.quotedIn(err.Error()) {
		return errors.New("the cause is left out, it quotes a key")
	}
	return oneLine{err}
}

// oneLine keeps the text of an error that a peer may have a part in on one line.
type oneLine struct{ error }

func (e oneLine) Error() string { return tame(e.error.Error()) }
func (e oneLine) Unwrap() error { return e.error }

// payload is the body of one request.
type payload struct {
	bytes   []byte
	readers atomic.Int32 // not closed yet
	// sent: a client has begun to read the body, which it does when it has a
	// connection to write it to. Before that no peer can have taken a point, for
	// a request without its body is none. Unlike the hooks of httptrace this
	// holds for any http.RoundTripper.
	sent atomic.Bool
}

func (p *payload) open() io.ReadCloser {
	p.readers.Add(1)
	return &payloadReader{payload: p, left: p.bytes}
}

// payloadReader is read by one goroutine of the client and may be closed by
// another.
type payloadReader struct {
	payload *payload
	mu      sync.Mutex
	left    []byte
	closed  bool
}

func (r *payloadReader) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return 0, errors.New("read of a closed request body")
	case len(r.left) == 0:
		return 0, io.EOF
	}
	r.payload.sent.Store(true)
	n := copy(b, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *payloadReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed, r.left = true, nil
		r.payload.readers.Add(-1)
	}
	return nil
}
