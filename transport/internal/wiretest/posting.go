package wiretest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// Posting is a transport that posts to a URL, as [Posting.Run] checks it.
type Posting struct {
	// New returns one that sends to url by client, or one of its own for nil, with a
	// timeout for each request, or its default for 0. It is closed by the test's end.
	New func(t *testing.T, url string, client *http.Client, timeout time.Duration) transport.Transport
	// Take answers as a peer does that takes everything.
	Take http.HandlerFunc
	// Batch is one that takes one request.
	Batch *transport.Batch
	// Timeout is the transport's default.
	Timeout time.Duration
}

// Run checks what becomes of a request that has no answer: it is Unknown if the peer may
// have taken it, and Retry if not.
func (p Posting) Run(t *testing.T) {
	t.Run("lost answers are unknown", p.lostAnswers)
	t.Run("late answers are unknown", p.lateAnswers)
	t.Run("requests that never left are retried", p.neverLeft)
	t.Run("a redirect into the void is retried", p.redirectIntoTheVoid)
	t.Run("a client is judged by what it reads", p.judgedByWhatItReads)
	t.Run("a switch of protocols is left in time", p.switchOfProtocols)
	t.Run("contexts end", p.contextsEnd)
}

func (p Posting) server(t *testing.T) *Server {
	s := &Server{Take: p.Take}
	s.Start(t)
	return s
}

// failure sends the batch, which must fail.
func (p Posting) failure(t *testing.T, ctx context.Context, tr transport.Transport) *transport.SendError {
	t.Helper()
	se := transport.AsSendError(tr.Send(ctx, p.Batch))
	require.NotNil(t, se)
	assert.Zero(t, se.Delivered)
	assert.NotContains(t, se.Error(), "\n")
	return se
}

func (p Posting) lostAnswers(t *testing.T) {
	say := func(text string) http.HandlerFunc { return Hijack(func(c net.Conn) { _, _ = io.WriteString(c, text) }) }
	for name, answer := range map[string]http.HandlerFunc{
		"the connection is cut without an answer":      Cut,
		"the connection is cut while the body is read": Hijack(func(net.Conn) {}),
		"the answer is no HTTP":                        say("HELLO\r\n\r\n"),
		"the answer is cut in its header":              say("HTTP/1.1 200 OK\r\nContent-"),
		"the answer is cut in its body":                say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
		"the header never ends": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Bomb", strings.Repeat("x", 1<<20))
			w.WriteHeader(http.StatusOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := p.server(t)
			in.Answers(1, answer)
			assert.Equal(t, transport.Unknown, p.failure(t, t.Context(), p.New(t, in.URL, nil, 0)).Outcome)
		})
	}
}

// In a bubble, so that the timeout takes no time, and no network: a client that has
// read the request and gets no answer, or none that ends.
func (p Posting) lateAnswers(t *testing.T) {
	for name, answer := range map[string]RoundTripper{
		"no answer comes": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"the answer does not end": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(endless{r.Context()}), Request: r}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := RoundTripper(func(r *http.Request) (*http.Response, error) {
					defer r.Body.Close()
					_, _ = io.Copy(io.Discard, r.Body)
					return answer(r)
				}).Client()
				start := time.Now()
				se := p.failure(t, t.Context(), p.New(t, "http://localhost", client, 0))
				assert.Equal(t, transport.Unknown, se.Outcome)
				assert.ErrorContains(t, se, "no answer within "+p.Timeout.String())
				assert.Equal(t, p.Timeout, time.Since(start))
			})
		})
	}
}

// endless is a body that says nothing more.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func (p Posting) neverLeft(t *testing.T) {
	const closed = "http://127.0.0.1:1" // of a server that was closed, somebody else might take the port
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = QuietLog
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	require.NoError(t, err)
	defer silent.Close()
	dialing := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
		}}
	}
	for _, c := range []struct {
		name, url string
		client    *http.Client
		timeout   time.Duration // 0: the time that a busy machine needs
		says      string
	}{
		{"nobody listens", closed, nil, 0, "refused"},
		{"the certificate is not trusted", untrusted.URL, nil, 0, "certificate"},
		{"the server speaks no TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, 0, "HTTP response to HTTPS client"},
		{"the handshake gets no answer", "https://" + silent.Addr().String(), nil, 200 * time.Millisecond, "no answer within 200ms"},
		{"the name does not resolve", "http://peer.invalid", dialing(&net.DNSError{Err: "no such host", Name: "peer.invalid"}), 0, "no such host"},
		{"the resolver does not answer", "http://peer.invalid", dialing(&net.DNSError{Err: "timeout", IsTimeout: true}), 0, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := p.New(t, c.url, c.client, c.timeout)
			se := p.failure(t, t.Context(), tr)
			for range 2 {
				// A machine that stops for seconds lets a handshake time out.
				if strings.Contains(se.Error(), "handshake timeout") {
					se = p.failure(t, t.Context(), tr)
				}
			}
			assert.Equal(t, transport.Retry, se.Outcome)
			assert.ErrorContains(t, se, c.says)
		})
	}
}

// A redirect says that the request was not acted on; when the next hop cannot be
// reached, nothing was sent after all. Of another client nobody knows.
func (p Posting) redirectIntoTheVoid(t *testing.T) {
	for client, want := range map[*http.Client]transport.Outcome{nil: transport.Retry, {}: transport.Unknown} {
		in := p.server(t)
		in.Answers(1, func(w http.ResponseWriter, r *http.Request) {
			_ = in.Listener.Close()
			w.Header().Set("Connection", "close")
			Status(http.StatusTemporaryRedirect, "", "Location", "/moved")(w, r)
		})
		assert.Equal(t, want, p.failure(t, t.Context(), p.New(t, in.URL, client, 0)).Outcome, "own client: %v", client == nil)
	}
}

func (p Posting) judgedByWhatItReads(t *testing.T) {
	broken := errors.New("broken")
	for reads, want := range map[int64]transport.Outcome{0: transport.Retry, 1: transport.Unknown, 1 << 20: transport.Unknown} {
		client := RoundTripper(func(r *http.Request) (*http.Response, error) {
			defer r.Body.Close()
			_, _ = io.CopyN(io.Discard, r.Body, reads)
			return nil, broken
		}).Client()
		se := p.failure(t, t.Context(), p.New(t, "http://localhost", client, 0))
		assert.Equal(t, want, se.Outcome, "%d bytes were read", reads)
		require.ErrorIs(t, se, broken)
	}
}

// The body of a 101 is the bare connection, which knows nothing of the request's
// context and may never end.
func (p Posting) switchOfProtocols(t *testing.T) {
	in := p.server(t)
	in.Answers(1, Hijack(func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n")
		_, _ = io.Copy(io.Discard, c) // until the client goes away
	}))
	p.failure(t, t.Context(), p.New(t, in.URL, nil, 200*time.Millisecond))
}

func (p Posting) contextsEnd(t *testing.T) {
	in := p.server(t)
	tr := p.New(t, in.URL, nil, 0)
	ctx, cancel := context.WithCancel(t.Context())
	in.Answers(1, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		Ignore(w, r)
	})
	se := p.failure(t, ctx, tr)
	assert.Equal(t, transport.Unknown, se.Outcome, "while the answer is waited for")
	require.ErrorIs(t, se, context.Canceled)

	before := in.Seen()
	se = p.failure(t, ctx, tr)
	assert.Equal(t, transport.Retry, se.Outcome, "before anything was sent")
	require.ErrorIs(t, se, context.Canceled)
	assert.Equal(t, before, in.Seen())
}
