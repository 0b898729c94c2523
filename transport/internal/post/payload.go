package post

import (
	"errors"
	"io"
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
