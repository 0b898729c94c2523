package datadog_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

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
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"the connection is cut without an answer", cut},
		{"the connection is cut while the body is read", hijack(func(c net.Conn) {})},
		{"the answer is no HTTP", hijack(func(c net.Conn) { io.WriteString(c, "HELLO\r\n\r\n") })},
		{"the answer is cut in its header", hijack(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-") })},
		{"the answer is cut in its body", hijack(func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{\"status\"")
		})},
		{"the header never ends", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Bomb", strings.Repeat("x", 1<<20))
			w.WriteHeader(http.StatusAccepted)
		}},
		{"no answer comes", ignore},
		{"the answer's body does not end", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			in.answers(1, c.answer)
			dd := open(t, in.URL, func(c *datadog.Config) { c.Timeout = 100 * time.Millisecond })
			se := failure(t, dd, batch(gauge("g", 1)))
			assert.Equal(t, transport.Unknown, se.Outcome, "%v", se)
			assert.Zero(t, se.Delivered)
			assert.NotContains(t, se.Error(), "\n")
		})
	}
}

func TestRequestsThatNeverLeftAreRetried(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = quietLog
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := newIntake(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	require.NoError(t, err)
	defer silent.Close()

	dialling := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
		}}
	}
	for _, c := range []struct {
		name   string
		url    string
		client *http.Client
		says   string
	}{
		{"nobody listens", closed.URL, nil, "refused"},
		{"the certificate is not trusted", untrusted.URL, nil, "certificate"},
		{"the server speaks no TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, "HTTP response to HTTPS client"},
		{"the handshake gets no answer", "https://" + silent.Addr().String(), nil, "no answer within 200ms"},
		{"the name does not resolve", "http://datadog.invalid", dialling(&net.DNSError{Err: "no such host", Name: "datadog.invalid"}), "no such host"},
		{"the resolver does not answer", "http://datadog.invalid", dialling(&net.DNSError{Err: "timeout", IsTimeout: true}), "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dd := open(t, c.url, func(cfg *datadog.Config) {
				cfg.Client = c.client
				if strings.Contains(c.says, "within 200ms") { // the others have the time that a busy machine needs
					cfg.Timeout = 200 * time.Millisecond
				}
			})
			se := failure(t, dd, batch(gauge("g", 1), distribution("d", []float64{1})))
			assert.Equal(t, transport.Retry, se.Outcome)
			assert.Zero(t, se.Delivered)
			assert.Contains(t, se.Error(), c.says)
		})
	}
}

// A redirect says that the request was not acted on; when the next hop cannot be
// reached, nothing was sent after all.
func TestARedirectIntoTheVoidIsRetried(t *testing.T) {
	for _, own := range []bool{true, false} {
		in := newIntake(t)
		in.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			in.Listener.Close()
			w.Header().Set("Connection", "close")
			status(307, "", "Location", "/moved")(w, r)
			return false
		}
		dd := open(t, in.URL, func(c *datadog.Config) {
			if !own {
				c.Client = &http.Client{}
			}
		})
		want := map[bool]transport.Outcome{true: transport.Retry, false: transport.Unknown}[own]
		assert.Equal(t, want, failure(t, dd, batch(gauge("g", 1))).Outcome, "own client: %v", own)
	}
}

// roundTripper stands for a client that knows nothing of httptrace.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAClientWithoutTracesIsJudgedByWhatItReads(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		reads int64
		want  transport.Outcome
	}{
		{"nothing was read", 0, transport.Retry},
		{"a byte was read", 1, transport.Unknown},
		{"all was read", 1 << 20, transport.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				defer r.Body.Close()
				_, _ = io.CopyN(io.Discard, r.Body, c.reads)
				return nil, broken
			})}
			dd := open(t, "http://localhost", func(cfg *datadog.Config) { cfg.Client = client })
			se := failure(t, dd, batch(gauge("g", 1)))
			assert.Equal(t, c.want, se.Outcome)
			require.ErrorIs(t, se, broken)
		})
	}
}

func TestAnAnswerOfAnySizeIsReadInPart(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		chunk := bytes.Repeat([]byte{' '}, 1<<16)
		for {
			if _, err := w.Write(chunk); err != nil {
				return // the client has read enough
			}
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	bomb := func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(packed.Bytes())
	}
	for name, answer := range map[string]http.HandlerFunc{"it does not end": endless, "it unpacks to 8 MiB": bomb} {
		t.Run(name, func(t *testing.T) {
			in := newIntake(t)
			in.answers(1, answer)
			require.NoError(t, open(t, in.URL).Send(t.Context(), batch(gauge("g", 1))))
			require.NoError(t, open(t, in.URL, func(c *datadog.Config) { c.Client = http.DefaultClient }).Send(t.Context(), batch(gauge("g", 1))))
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

// An early answer leaves the client reading the body while the next one is
// packed; the race detector watches.
func TestAnEarlyAnswerDoesNotSpoilTheNextBody(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL, func(c *datadog.Config) { c.Compression = datadog.None })
	dd.SetLimits(3_000_000, 1<<30)
	large := noisyBatch(10, 4000, 3, base64Letters)
	var want []string
	for range 3 {
		in.answers(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		assert.NotEqual(t, transport.Permanent, failure(t, dd, large).Outcome)
		require.NoError(t, dd.Send(t.Context(), batch(gauge("next", 1))))
		want = append(want, "next")
	}
	assert.Equal(t, want, in.names())
}

func TestContextEnds(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL)
	ctx, cancel := context.WithCancel(t.Context())
	in.answers(1, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		ignore(w, r)
	})
	se := transport.AsSendError(dd.Send(ctx, batch(gauge("g", 1))))
	require.NotNil(t, se)
	assert.Equal(t, transport.Unknown, se.Outcome, "while the answer is waited for")
	require.ErrorIs(t, se, context.Canceled)

	before := in.seen()
	se = transport.AsSendError(dd.Send(ctx, batch(gauge("g", 1))))
	require.NotNil(t, se)
	assert.Equal(t, transport.Retry, se.Outcome, "before anything was sent")
	require.ErrorIs(t, se, context.Canceled)
	assert.Equal(t, before, in.seen())
}

func TestKeysCanChange(t *testing.T) {
	in := newIntake(t)
	keys := []string{"first-key-0123456789", "second-key-0123456789"}
	dd := open(t, in.URL, func(c *datadog.Config) {
		c.APIKey = ""
		c.APIKeyFunc = func(context.Context) (string, error) {
			key := keys[0]
			keys = keys[1:]
			return key, nil
		}
	})
	require.NoError(t, dd.Send(t.Context(), mixed()))
	got := in.got()
	assert.Equal(t, "first-key-0123456789", got[0].header.Get("DD-API-KEY"))
	assert.Equal(t, "second-key-0123456789", got[1].header.Get("DD-API-KEY"))
}

func TestKeysThatCannotBeHad(t *testing.T) {
	vault := errors.New("the vault is sealed")
	for _, c := range []struct {
		name string
		key  string
		err  error
		want transport.Outcome
	}{
		{"the function fails", "", vault, transport.Retry},
		{"an empty key", "", nil, transport.Denied},
		{"a key that would end the header", "key\r\nX-Forged: 1", nil, transport.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			dd := open(t, in.URL, func(cfg *datadog.Config) {
				cfg.APIKey = ""
				cfg.APIKeyFunc = func(context.Context) (string, error) { return c.key, c.err }
			})
			se := failure(t, dd, batch(gauge("g", 1)))
			assert.Equal(t, c.want, se.Outcome)
			assert.Contains(t, se.Error(), "Config.APIKeyFunc")
			assert.NotContains(t, se.Error(), "Forged")
			assert.Zero(t, in.seen())
			if c.err != nil {
				require.ErrorIs(t, se, c.err)
			}
		})
	}
}

func TestCloseLeavesTheConnectionsOfOthersAlone(t *testing.T) {
	in := newIntake(t)
	inner := &http.Transport{}
	defer inner.CloseIdleConnections()
	client := &http.Client{Transport: inner, CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	for range 2 {
		dd := open(t, in.URL, func(c *datadog.Config) { c.Client = client })
		require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
		require.NoError(t, dd.Close(t.Context()))
		require.ErrorIs(t, dd.Send(t.Context(), batch(gauge("g", 1))), transport.ErrClosed)
	}
	addresses := in.addresses()
	require.Len(t, addresses, 2)
	assert.Equal(t, addresses[0], addresses[1], "the connection was kept over Close")
	assert.NoError(t, client.CheckRedirect(nil, nil), "the client itself is unchanged")
}

// The steady state: the memory of one body serves for all, and one connection.
func TestConnectionsAreReused(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL)
	for i := range 10 {
		require.NoError(t, dd.Send(t.Context(), batch(gauge(fmt.Sprint("g", i), 1), distribution("d", []float64{1}))))
	}
	addresses := in.addresses()
	assert.Len(t, addresses, 20)
	assert.Len(t, slices.Compact(addresses), 1)
}

// clientThat tells where each request goes and sends none.
func clientThat(see func(url string)) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Close()
		see(r.URL.String())
		return nil, errors.New("not sent")
	})}
}
