package wiretest

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// QuietLog is for servers whose complaints a test provokes.
var QuietLog = log.New(io.Discard, "", 0)

// Server is a peer that takes requests, or does with them what a test asks it to. Embed
// it, and set Take before it starts.
type Server struct {
	*httptest.Server
	Take http.HandlerFunc

	mu     sync.Mutex
	seen   int
	answer func(number int, w http.ResponseWriter, r *http.Request) bool
}

// Start starts the server, and stops it at the end of the test.
func (s *Server) Start(t testing.TB) {
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen++
	number, answer := s.seen, s.answer
	s.mu.Unlock() // answer may wait
	if answer == nil || answer(number, w, r) {
		s.Take(w, r)
	}
}

// Ask hands each request to f first, with its number since then, from 1. The request is
// taken if f returns true; else f has answered it. nil is none.
func (s *Server) Ask(f func(number int, w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.answer = 0, f
}

// Answers makes f answer request n, from 1, or all for 0. The others are taken.
func (s *Server) Answers(n int, f http.HandlerFunc) {
	s.Ask(func(number int, w http.ResponseWriter, r *http.Request) bool {
		if n != 0 && number != n {
			return true
		}
		f(w, r)
		return false
	})
}

// Seen returns how many requests came since the last Ask or Answers, refused ones
// included.
func (s *Server) Seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Status answers with a status, a body, and a header of names and values in turn.
func Status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// Cut reads a request and cuts the connection.
func Cut(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	panic(http.ErrAbortHandler)
}

// Ignore reads a request and answers after the client has gone away.
func Ignore(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// Hijack hands the bare connection to f once the request's header was read.
func Hijack(f func(c net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		f(c)
	}
}

// RoundTripper is a client without a network, which knows nothing of httptrace.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Client returns one that sends by f.
func (f RoundTripper) Client() *http.Client { return &http.Client{Transport: f} }
