package remotewrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"github.com/shardstats/shardstats/transport"
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
	body := &payload{bytes: t.packed}
	taken, failed := t.exchange(ctx, body)
	if body.readers.Load() > 0 { // net/http may read it after an early answer
		t.packed = nil
	}
	if t.ownClient && t.closed.Load() { // Close ran beside this request
		t.client.CloseIdleConnections()
	}
	return taken, failed
}

// exchange makes one request.
func (t *Transport) exchange(ctx context.Context, body *payload) (verdict, *transport.SendError) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no answer within %v", t.timeout))
	defer cancel()
	fail := func(o transport.Outcome, err error) (verdict, *transport.SendError) {
		return verdict{}, &transport.SendError{Outcome: o, Err: fmt.Errorf("remotewrite: post to %s: %w", t.peer, err)}
	}
	if ctx.Err() != nil {
		return fail(transport.Retry, context.Cause(ctx))
	}
	req, err := t.request(ctx, body)
	if err != nil {
		return fail(transport.Permanent, t.hide(err))
	}
	resp, err := t.client.Do(req)
	if err != nil {
		outcome := transport.Retry
		if body.sent.Load() {
			outcome = transport.Unknown
		}
		return fail(outcome, t.cause(ctx, err))
	}
	defer resp.Body.Close()
	// The body of a 101 is the bare connection, which does not end with ctx.
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil && resp.StatusCode/100 == 2 {
		return fail(transport.Unknown, fmt.Errorf("the answer ended early: %w", t.cause(ctx, err)))
	}
	taken, refused := t.judge(resp, answer)
	if refused != nil {
		_, failed := fail(refused.outcome, refused)
		failed.After = refused.after
		return verdict{}, failed
	}
	return taken, nil
}

// request makes the request. Its secrets are in the header alone.
func (t *Transport) request(ctx context.Context, body *payload) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, nil)
	if err != nil {
		return nil, err
	}
	req.Body = body.open()
	req.GetBody = func() (io.ReadCloser, error) {
		// The standard library asks for the body again only if the peer cannot have
		// acted on it: nothing was written, the peer said so, or it redirected.
		// Other clients may have other reasons.
		if t.ownClient {
			body.sent.Store(false)
		}
		return body.open(), nil
	}
	req.ContentLength = int64(len(body.bytes))
	req.Header.Set("User-Agent", t.userAgent)
	for name, value := range t.headers() {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Encoding", "snappy")
	if t.packer.version == V2 {
		req.Header.Set("Content-Type", contentV2)
		req.Header.Set("X-Prometheus-Remote-Write-Version", "2.0.0")
	} else {
		req.Header.Set("Content-Type", contentV1)
		req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	}
	// Asked for in so many words, so that no client asks for gzip and unpacks
	// whatever comes.
	req.Header.Set("Accept-Encoding", "identity")
	return req, nil
}

// cause returns what is worth saying of an error of the client.
func (t *Transport) cause(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, whose path may hold a token
	}
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", cause, ctx.Err())
		}
	}
	return t.hide(err)
}

// hide returns err, or what can be said of it if its text has a secret in it.
func (t *Transport) hide(err error) error {
	if t.secrets.quotedIn(err.Error()) {
		return errors.New("the cause is left out, it quotes a secret")
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
	// connection to write it to. Before that no peer can have taken a point.
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
