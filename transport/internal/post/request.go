package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// Request is one request, used once.
type Request struct {
	Method string
	URL    string
	What   string // the path or the like, for errors; "" if the peer says enough
	Body   []byte // nil for none
	// Header sets the header. Content-Length and Accept-Encoding are set already.
	Header func(http.Header)
	// Hide returns text, or what can be said of it if a secret is in it.
	Hide func(text string) string

	// BodyFree reports, after Do, whether the memory of Body is free again: net/http
	// may still read it after an early answer.
	BodyFree bool
}

// Answer is what a peer answered, up to [MaxAnswer] bytes of it.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes the request. It returns the answer, whatever it is, or what became of the
// request without one: Retry if the peer cannot have taken it, else Unknown.
func (c *Client) Do(ctx context.Context, r *Request) (*Answer, *transport.SendError) {
	body := &payload{bytes: r.Body}
	answer, failed := c.exchange(ctx, r, body)
	r.BodyFree = body.readers.Load() == 0
	c.closeIdle() // Close may have run beside this request
	return answer, failed
}

func (c *Client) exchange(ctx context.Context, r *Request, body *payload) (*Answer, *transport.SendError) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %v", c.timeout))
	defer cancel()
	fail := func(o transport.Outcome, err error) (*Answer, *transport.SendError) { return nil, c.Failed(r, o, err) }
	if ctx.Err() != nil {
		return fail(transport.Retry, context.Cause(ctx))
	}
	req, err := c.request(ctx, r, body)
	if err != nil {
		return fail(transport.Permanent, r.hide(err))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		outcome := transport.Retry
		if body.sent.Load() {
			outcome = transport.Unknown
		}
		return fail(outcome, r.cause(ctx, err))
	}
	defer resp.Body.Close()
	// The body of a 101 is the bare connection, which does not end with ctx.
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	if err != nil && resp.StatusCode/100 == 2 {
		return fail(transport.Unknown, fmt.Errorf("the answer ended early: %w", r.cause(ctx, err)))
	}
	if r.Body != nil && resp.StatusCode/100 == 2 && !body.whole.Load() {
		return fail(transport.Unknown, errTooSoon)
	}
	return &Answer{resp.StatusCode, resp.Header, text}, nil
}

var errTooSoon = errors.New("it was answered with success before all of the request was sent")

// Failed returns a SendError that names the transport, the request and the peer.
func (c *Client) Failed(r *Request, o transport.Outcome, err error) *transport.SendError {
	what := strings.ToLower(r.Method)
	if r.What != "" {
		what += " " + r.What
	}
	return &transport.SendError{Outcome: o, Err: fmt.Errorf("%s: %s to %s: %w", c.name, what, c.peer, err)}
}

// Refused is Failed for an answer that does not take the request.
func (c *Client) Refused(r *Request, refusal *Refusal) *transport.SendError {
	failed := c.Failed(r, refusal.Outcome, refusal)
	failed.After = refusal.After
	return failed
}

func (c *Client) request(ctx context.Context, r *Request, body *payload) (*http.Request, error) {
	req, err := http.NewRequestWithContext(body.trace(ctx), r.Method, r.URL, nil)
	if err != nil {
		return nil, err
	}
	if r.Body != nil {
		req.Body = body.open()
		req.GetBody = func() (io.ReadCloser, error) { return body.again(c.own) }
		req.ContentLength = int64(len(r.Body))
	}
	if r.Header != nil {
		r.Header(req.Header)
	}
	// Asked for in so many words, so that no client asks for gzip and unpacks
	// whatever comes.
	req.Header.Set("Accept-Encoding", "identity")
	return req, nil
}

// cause returns what is worth saying of an error of the client.
func (r *Request) cause(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, whose path may hold a token
	}
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", cause, ctx.Err())
		}
	}
	return r.hide(err)
}

// hide returns err on one line, or what can be said of it if a secret is in it.
func (r *Request) hide(err error) error {
	text := err.Error()
	if r.Hide != nil {
		if shown := r.Hide(text); shown != text {
			return errors.New(shown)
		}
	}
	return oneLine{err}
}

// oneLine keeps the text of an error that a peer may have a part in on one line.
type oneLine struct{ error }

func (e oneLine) Error() string { return Tame(e.error.Error()) }
func (e oneLine) Unwrap() error { return e.error }
