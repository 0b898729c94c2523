package post

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// payload is the body of one request.
type payload struct {
	bytes   []byte
	readers atomic.Int32 // not closed yet
	// sent: a client has begun to read the body, which it does when it has a
	// connection to write it to. Before that no peer can have taken a point, for
	// a request without its body is none. Unlike the hooks of httptrace this
	// holds for any http.RoundTripper.
	sent atomic.Bool
	// whole: it has read all of it. A peer that answers before cannot have taken it.
	whole atomic.Bool
	// multiplexed: the connection is one of HTTP/2; answered: it was not cut off, and if
	// the body is asked for again, then for a redirect. A hook of httptrace would take a
	// status of 1xx for the answer, or take away the limit on how many there may be.
	multiplexed, answered atomic.Bool
}

// trace has the client say which connection it got. One that does not speaks no HTTP/2.
func (p *payload) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		c, ok := info.Conn.(*tls.Conn)
		p.multiplexed.Store(ok && c.ConnectionState().NegotiatedProtocol == "h2")
	}})
}

var errBroke = errors.New("it broke off after all of the request was sent")

// again returns the body for the client to send again. The standard library does so
// if the peer cannot have acted on it: nothing was written, the peer said so, or it
// redirected. But over HTTP/2 it does also when the peer broke off with an error of the
// protocol, as a proxy may that has passed the request on; so there not any more when
// all was sent, whatever the peer said but an answer. Other clients may have other
// reasons: for one that is not our own, what was sent stays sent.
func (p *payload) again(own bool) (io.ReadCloser, error) {
	if p.multiplexed.Load() && p.whole.Load() && !p.answered.Load() {
		return nil, errBroke
	}
	if own {
		p.sent.Store(false)
	}
	p.answered.Store(false)
	return p.open(), nil
}

func (p *payload) open() io.ReadCloser {
	p.readers.Add(1)
	p.whole.Store(len(p.bytes) == 0)
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
	if r.left = r.left[n:]; len(r.left) == 0 {
		r.payload.whole.Store(true)
	}
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
