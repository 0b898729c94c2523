package datadog_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// request is one that a recorder got.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// recorder takes every request, or answers as a test asks by number, from 0.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(number int, w http.ResponseWriter) // nil: 202
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	number := len(r.requests)
	r.requests = append(r.requests, request{req.Method, req.URL.Path, req.Header.Clone(), string(body)})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(number, w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (r *recorder) got() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}
