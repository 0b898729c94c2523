package post

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// Frames of HTTP/2 and what is in them (RFC 9113, section 6).
const (
	frameData, frameHeaders, frameReset, frameSettings = 0, 1, 3, 4

	flagEnd     = 1 // of a stream; of SETTINGS: that they are acknowledged
	flagWhole   = 4 // the headers are
	errorOfPeer = 1 // PROTOCOL_ERROR

	prefaceBytes = len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
)

// multiplexer is a server of HTTP/2 that calls answer for each request that it has read
// to its end.
type multiplexer struct {
	c      net.Conn
	answer func(m *multiplexer, stream uint32)
}

func (m *multiplexer) serve() {
	if _, err := io.ReadFull(m.c, make([]byte, prefaceBytes)); err != nil {
		return
	}
	m.write(frameSettings, 0, 0)
	for {
		var head [9]byte
		if _, err := io.ReadFull(m.c, head[:]); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, m.c, size); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagEnd == 0:
			m.write(frameSettings, flagEnd, 0)
		case kind == frameData && flags&flagEnd != 0:
			m.answer(m, stream)
		}
	}
}

func (m *multiplexer) write(kind, flags byte, stream uint32, payload ...byte) {
	frame := append([]byte{0, 0, byte(len(payload)), kind, flags}, binary.BigEndian.AppendUint32(nil, stream)...)
	_, _ = m.c.Write(append(frame, payload...))
}

func (m *multiplexer) reset(stream uint32) { m.write(frameReset, 0, stream, 0, 0, 0, errorOfPeer) }

func (m *multiplexer) early(stream uint32) { // :status 103, a literal without an index
	m.write(frameHeaders, flagWhole, stream, 0x08, 3, '1', '0', '3')
}

func (m *multiplexer) ok(stream uint32) {
	m.write(frameHeaders, flagWhole|flagEnd, stream, 0x88) // :status 200 (RFC 7541, appendix A)
}

// multiplexed returns the URL of a server of HTTP/2, and what a client has to trust.
func multiplexed(t *testing.T, answer func(m *multiplexer, stream uint32)) (url string, trust *tls.Config) {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: lender.TLS.Certificates, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	var serving sync.WaitGroup
	end := make(chan struct{})
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { (&multiplexer{c, answer}).serve() })
			serving.Go(func() { <-end; _ = c.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		close(end)
		serving.Wait()
	})
	trust = &tls.Config{RootCAs: x509.NewCertPool()}
	trust.RootCAs.AddCert(lender.Certificate())
	return "https://" + l.Addr().String(), trust
}

// net/http sends a request of HTTP/2 again when the peer reset it with an error of the
// protocol. The peer had all of it, and may have taken it.
func TestARequestThatWasSentIsNotSentAgain(t *testing.T) {
	var bodies atomic.Int32
	url, trust := multiplexed(t, func(m *multiplexer, stream uint32) {
		if bodies.Add(1) == 1 {
			m.early(stream) // is no answer
			m.reset(stream)
			return
		}
		m.ok(stream)
	})
	for name, cfg := range map[string]Config{
		"own client":     {TLS: trust},
		"another client": {Client: &http.Client{Transport: &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			bodies.Store(0)
			cfg.Name, cfg.Peer, cfg.Timeout = "kind", "host", 10*time.Second
			client := New(cfg)
			defer client.http.CloseIdleConnections()
			r := &Request{Method: http.MethodPost, URL: url, Body: []byte("body")}
			_, failed := client.Do(t.Context(), r)
			require.NotNil(t, failed)
			assert.Equal(t, transport.Unknown, failed.Outcome)
			assert.EqualValues(t, 1, bodies.Load())
			assert.True(t, r.BodyFree)

			_, failed = client.Do(t.Context(), &Request{Method: http.MethodPost, URL: url, Body: []byte("body")})
			require.Nil(t, failed, "the next one is another request")
		})
	}
}

// A redirect is an answer, and the body is sent again to where it points.
func TestARedirectOfHTTP2IsFollowed(t *testing.T) {
	var got atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
			return
		}
		assert.Equal(t, "body", string(text))
		assert.Equal(t, 2, r.ProtoMajor)
		got.Add(1)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := New(Config{Name: "kind", Peer: "host", Timeout: time.Minute, Client: server.Client()})
	answer, failed := client.Do(t.Context(), &Request{Method: http.MethodPost, URL: server.URL + "/", Body: []byte("body")})
	require.Nil(t, failed)
	assert.Equal(t, 200, answer.Status)
	assert.EqualValues(t, 1, got.Load())
}

// A peer that says yes to a request before it can have all of it may not have taken it.
func TestAYesThatCameTooSoon(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	answered, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(answered)
		c, err := l.Accept()
		if !assert.NoError(t, err) {
			return
		}
		defer c.Close()
		for r := bufio.NewReader(c); ; { // up to the empty line
			if text, err := r.ReadString('\n'); err != nil || strings.TrimSpace(text) == "" {
				break
			}
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		<-end
	}()
	client := New(Config{Name: "kind", Peer: "host", Timeout: time.Minute})
	defer client.Close()
	body := make([]byte, 64<<20) // more than all buffers on the way hold
	_, failed := client.Do(t.Context(), &Request{Method: http.MethodPost, URL: "http://" + l.Addr().String(), Body: body})
	close(end)
	<-answered
	_ = l.Close()
	require.NotNil(t, failed)
	assert.Equal(t, transport.Unknown, failed.Outcome)
	assert.ErrorContains(t, failed, "before all of the request was sent")
}
