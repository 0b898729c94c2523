package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
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
	"github.com/shardstats/shardstats/transport/otlp"
)

var quietLog = log.New(io.Discard, "", 0)

// hijack hands the bare connection to f once the request's header was read.
func hijack(f func(c net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		f(c)
	}
}

// ignore answers after the client has gone away.
func ignore(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestLostAnswersAreUnknown(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"the connection is cut without an answer":      cut,
		"the connection is cut while the body is read": hijack(func(net.Conn) {}),
		"the answer is no HTTP":                        hijack(func(c net.Conn) { io.WriteString(c, "HELLO\r\n\r\n") }),
		"the answer is cut in its header":              hijack(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-") }),
		"the answer is cut in its body":                hijack(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") }),
		"the header never ends": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Bomb", strings.Repeat("x", 1<<20))
			w.WriteHeader(http.StatusOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := newReceiver(t)
			in.answers(1, answer)
			se := failure(t, open(t, in.URL), batch(gauge("g", 1)))
			assert.Equal(t, transport.Unknown, se.Outcome, "%v", se)
			assert.Zero(t, se.Delivered)
			assert.NotContains(t, se.Error(), "\n")
		})
	}
}

// The body of a 101 is the bare connection, which knows nothing of the request's
// context and may never end.
func TestAnAnswerThatSwitchesProtocolsIsLeftInTime(t *testing.T) {
	in := newReceiver(t)
	in.answers(1, hijack(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n")
		_, _ = io.Copy(io.Discard, c) // until the client goes away
	}))
	tr := open(t, in.URL, func(c *otlp.Config) { c.Timeout = 500 * time.Millisecond })
	se := failure(t, tr, batch(gauge("g", 1)))
	assert.Zero(t, se.Delivered)
}

// In a bubble, so that 10 s take no time, and no network: a client that has read the
// request and gets no answer, or none that ends.
func TestTimeout(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"no answer comes": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"the answer does not end": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(endless{r.Context()}), Request: r}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					defer r.Body.Close()
					_, _ = io.Copy(io.Discard, r.Body)
					return answer(r)
				})}
				start := time.Now()
				se := failure(t, open(t, "", func(c *otlp.Config) { c.Client = client }), batch(gauge("g", 1)))
				assert.Equal(t, transport.Unknown, se.Outcome, "%v", se)
				assert.Contains(t, se.Error(), "no answer within 10s")
				assert.Equal(t, 10*time.Second, time.Since(start))
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

func TestRequestsThatNeverLeftAreRetried(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = quietLog
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := newReceiver(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	require.NoError(t, err)
	defer silent.Close()
	noSuchHost := &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "otlp.invalid"}
		},
	}}
	for _, c := range []struct {
		name, url string
		client    *http.Client
		says      string
	}{
		{"nobody listens", closed.URL, nil, "refused"},
		{"the certificate is not trusted", untrusted.URL, nil, "certificate"},
		{"the server speaks no TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, "HTTP response to HTTPS client"},
		{"the handshake gets no answer", "https://" + silent.Addr().String(), nil, "no answer within 200ms"},
		{"the name does not resolve", "http://otlp.invalid", noSuchHost, "no such host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := open(t, c.url, func(cfg *otlp.Config) {
				cfg.Client = c.client
				if strings.Contains(c.says, "within 200ms") { // the others have the time that a busy machine needs
					cfg.Timeout = 200 * time.Millisecond
				}
			})
			se := failure(t, tr, batch(gauge("g", 1)))
			assert.Equal(t, transport.Retry, se.Outcome)
			assert.Zero(t, se.Delivered)
			assert.Contains(t, se.Error(), c.says)
		})
	}
}

// A redirect says that the request was not acted on; when the next hop cannot be
// reached, nothing was sent after all. Of another client nobody knows.
func TestARedirectIntoTheVoidIsRetried(t *testing.T) {
	for _, own := range []bool{true, false} {
		in := newReceiver(t)
		in.answers(1, func(w http.ResponseWriter, r *http.Request) {
			in.Listener.Close()
			w.Header().Set("Connection", "close")
			status(307, "", "Location", "/moved")(w, r)
		})
		tr := open(t, in.URL, func(c *otlp.Config) {
			if !own {
				c.Client = &http.Client{}
			}
		})
		want := map[bool]transport.Outcome{true: transport.Retry, false: transport.Unknown}[own]
		assert.Equal(t, want, failure(t, tr, batch(gauge("g", 1))).Outcome, "own client: %v", own)
	}
}

// roundTripper stands for any client.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAClientIsJudgedByWhatItReads(t *testing.T) {
	broken := errors.New("broken")
	for reads, want := range map[int64]transport.Outcome{0: transport.Retry, 1: transport.Unknown, 1 << 20: transport.Unknown} {
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			defer r.Body.Close()
			_, _ = io.CopyN(io.Discard, r.Body, reads)
			return nil, broken
		})}
		se := failure(t, open(t, "", func(c *otlp.Config) { c.Client = client }), batch(gauge("g", 1)))
		assert.Equal(t, want, se.Outcome, "%d bytes were read", reads)
		require.ErrorIs(t, se, broken)
	}
}

func TestAnAnswerOfAnySizeIsReadInPart(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"it does not end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", protobuf)
			chunk := bytes.Repeat([]byte(proto(1, proto(1, 1))), 1<<13) // each of them rejects a point
			for {
				if _, err := w.Write(chunk); err != nil {
					return // the client has read enough
				}
			}
		},
		"it unpacks to 8 MiB": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := newReceiver(t)
			in.answers(1, answer)
			se := transport.AsSendError(open(t, in.URL).Send(t.Context(), batch(gauge("g", 1, 2))))
			if se != nil { // 64 KiB of it may be whole messages
				assert.Equal(t, 2, se.Delivered)
			}
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			require.NoError(t, open(t, in.URL, func(c *otlp.Config) { c.Client = client }).Send(t.Context(), batch(gauge("g", 1))))
		})
	}
}

// An early answer leaves the client reading the body while the next one is
// packed; the race detector watches.
func TestAnEarlyAnswerDoesNotSpoilTheNextBody(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL, func(c *otlp.Config) { c.Compression = otlp.None })
	large := batch(numbered(10_000, transport.KindCount)...)
	var want []string
	for range 3 {
		in.answers(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		assert.NotEqual(t, transport.Permanent, failure(t, tr, large).Outcome)
		require.NoError(t, tr.Send(t.Context(), batch(gauge("next", 1))))
		want = append(want, "next")
	}
	assert.Equal(t, want, in.names())
}

func TestContextEnds(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL)
	ctx, cancel := context.WithCancel(t.Context())
	in.answers(1, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		ignore(w, r)
	})
	se := transport.AsSendError(tr.Send(ctx, batch(gauge("g", 1))))
	require.NotNil(t, se)
	assert.Equal(t, transport.Unknown, se.Outcome, "while the answer is waited for")
	require.ErrorIs(t, se, context.Canceled)

	before := in.seen()
	se = transport.AsSendError(tr.Send(ctx, batch(gauge("g", 1))))
	require.NotNil(t, se)
	assert.Equal(t, transport.Retry, se.Outcome, "before anything was sent")
	require.ErrorIs(t, se, context.Canceled)
	assert.Equal(t, before, in.seen())
}

func TestTLS(t *testing.T) {
	in := &receiver{}
	in.Server = httptest.NewUnstartedServer(in)
	in.Config.ErrorLog = quietLog
	in.EnableHTTP2 = true
	in.StartTLS()
	defer in.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(in.Certificate())
	tr := open(t, in.URL, func(c *otlp.Config) { c.TLS = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12} })
	require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1))))
	assert.Equal(t, []string{"g"}, in.names())
}
