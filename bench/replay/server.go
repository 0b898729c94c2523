package replay

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/shardstats/shardstats/stats"
)

// Request is one request as a backend would have got it.
type Request struct {
	Profile stats.Profile
	Method  string
	Path    string // as on the real host
	Header  http.Header
	Body    []byte
}

// server stands for the backend of each profile: it keeps every request and
// accepts it. Each profile has a URL of its own.
type server struct {
	http *httptest.Server

	mu       sync.Mutex
	requests []Request // since the last take
	broken   error     // a request that could not be read
}

func newServer() *server {
	s := &server{}
	s.http = httptest.NewServer(s)
	return s
}

func (s *server) url(p stats.Profile) string { return fmt.Sprintf("%s/%d", s.http.URL, p) }

// ServeHTTP implements [http.Handler].
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var profile stats.Profile
	prefix, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if _, noProfile := fmt.Sscan(prefix, &profile); err == nil {
		err = noProfile
	}
	s.mu.Lock()
	if err != nil {
		s.broken = fmt.Errorf("replay: reading %s %s: %w", r.Method, r.URL.Path, err)
	} else {
		s.requests = append(s.requests, Request{profile, r.Method, "/" + path, r.Header.Clone(), body})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"ok"}`) // a client that is gone does not read it
}

// take returns what came since the last call, in that order.
func (s *server) take() ([]Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests, s.broken
}

func (s *server) close() { s.http.Close() }
