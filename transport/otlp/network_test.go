package otlp_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

func TestRequestsWithoutAnAnswer(t *testing.T) {
	wiretest.Posting{
		New: func(t *testing.T, url string, client *http.Client, timeout time.Duration) transport.Transport {
			return open(t, url, func(c *otlp.Config) { c.Client, c.Timeout = client, timeout })
		},
		Take:    unstarted().Take,
		Batch:   batch(gauge("g", 1)),
		Timeout: 10 * time.Second,
	}.Run(t)
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
			in.Answers(1, answer)
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
		in.Answers(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		assert.NotEqual(t, transport.Permanent, failure(t, tr, large).Outcome)
		require.NoError(t, tr.Send(t.Context(), batch(gauge("next", 1))))
		want = append(want, "next")
	}
	assert.Equal(t, want, in.names())
}

func TestTLS(t *testing.T) {
	in := unstarted()
	in.Server.Server = httptest.NewUnstartedServer(in)
	in.Config.ErrorLog = wiretest.QuietLog
	in.EnableHTTP2 = true
	in.StartTLS()
	defer in.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(in.Certificate())
	tr := open(t, in.URL, func(c *otlp.Config) { c.TLS = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12} })
	require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1))))
	assert.Equal(t, []string{"g"}, in.names())
}
