package datadog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// post sends what p holds and returns nil if it was accepted.
func (t *Transport) post(ctx context.Context, path string, p *packer) *transport.SendError {
	ctx, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no answer within %v", t.timeout))
	defer cancel()
	fail := func(o transport.Outcome, err error) *transport.SendError {
		return &transport.SendError{Outcome: o, Err: fmt.Errorf("datadog: post %s to %s: %w", path, t.host, err)}
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

	body := &payload{bytes: p.finish()}
	req, err := t.request(ctx, path, key, body)
	if err != nil {
		return fail(transport.Permanent, hide(err, key))
	}
	resp, err := t.client.Do(req)
	defer t.release(p, body)
	if err != nil {
		outcome := transport.Retry
		if body.sent.Load() {
			outcome = transport.Unknown
		}
		return fail(outcome, t.cause(ctx, err, key))
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil && resp.StatusCode/100 == 2 {
		return fail(transport.Unknown, fmt.Errorf("the answer ended early: %w", t.cause(ctx, err, key)))
	}
	if refused := judge(resp, text, key); refused != nil {
		failed := fail(refused.outcome, refused)
		failed.After = refused.after
		return failed
	}
	return nil
}

// request makes the request. Its key is in the header alone.
func (t *Transport) request(ctx context.Context, path, key string, body *payload) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+path, nil)
	if err != nil {
		return nil, err
	}
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
	req.Header.Set("Content-Type", "application/json")
	if t.encoding != "" {
		req.Header.Set("Content-Encoding", t.encoding)
	}
	// Asked for in so many words, so that no client asks for gzip and unpacks
	// whatever comes.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", t.userAgent)
	req.Header.Set("DD-API-KEY", key)
	return req, nil
}

// release takes the body's memory back for the next request, unless the client
// still reads it: that of net/http may, after an early answer.
func (t *Transport) release(p *packer, body *payload) {
	if body.readers.Load() > 0 {
		p.body = nil
	}
	if t.ownClient && t.closed.Load() { // Close ran beside this Send
		t.client.CloseIdleConnections()
	}
}

// cause returns what is worth saying of an error of the client.
func (t *Transport) cause(ctx context.Context, err error, key string) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, whose path may hold a token
	}
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", cause, ctx.Err())
		}
	}
	return hide(err, key)
}

// hide returns err, or what can be said of it if its text has the key in it.
func hide(err error, key string) error {
	if quotes(err.Error(), key) {
		return errors.New("the cause is left out, it quotes the API key")
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
