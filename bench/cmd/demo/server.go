package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// route is one of the application's routes. Handlers draw how long they take,
// how much they answer and whether they fail; the clients see it and count it.
type route struct {
	method, path string
	body         int // largest request body a client sends, bytes
	weight       int // how often clients choose it
	handle       http.HandlerFunc
}

// uploadLimit is the size from which an upload is refused.
const uploadLimit = 48 << 10

var routes = []route{
	{method: "GET", path: "/users", weight: 6, handle: func(w http.ResponseWriter, _ *http.Request) {
		work(500*time.Microsecond, 2*time.Millisecond)
		answer(w, http.StatusOK, 200, 2_000)
	}},
	{method: "GET", path: "/orders", weight: 4, handle: func(w http.ResponseWriter, _ *http.Request) {
		work(2*time.Millisecond, 8*time.Millisecond)
		if rand.IntN(10) == 0 {
			answer(w, http.StatusNotFound, 20, 40)
			return
		}
		answer(w, http.StatusOK, 1_000, 16_000)
	}},
	{method: "POST", path: "/upload", weight: 2, body: 64 << 10, handle: func(w http.ResponseWriter, req *http.Request) {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			return // the client sees the connection end
		}
		if n >= uploadLimit {
			answer(w, http.StatusRequestEntityTooLarge, 20, 40)
			return
		}
		work(time.Millisecond, 3*time.Millisecond)
		answer(w, http.StatusCreated, 50, 100)
	}},
	{method: "GET", path: "/search", weight: 2, handle: func(w http.ResponseWriter, _ *http.Request) {
		work(5*time.Millisecond, 20*time.Millisecond)
		if rand.IntN(25) == 0 {
			answer(w, http.StatusInternalServerError, 30, 60)
			return
		}
		answer(w, http.StatusOK, 4_000, 40_000)
	}},
	{method: "GET", path: "/health", weight: 1, handle: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}},
}

// work takes between least and most.
func work(least, most time.Duration) {
	time.Sleep(least + rand.N(most-least))
}

var filler = func() []byte {
	b := make([]byte, 64<<10)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}()

// answer sends a body of between least and most bytes.
func answer(w http.ResponseWriter, status, least, most int) {
	w.WriteHeader(status)
	w.Write(filler[:least+rand.IntN(most-least)])
}

// application is the service that is measured.
type application struct {
	server *http.Server
	url    string
}

// newApplication serves the routes on a free port of loopback, each behind the
// meter.
func newApplication(m *meter) (*application, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("application: listen: %w", err)
	}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.method+" "+r.path, m.wrap(r.path, r.handle))
	}
	a := &application{
		server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second},
		url:    "http://" + listener.Addr().String(),
	}
	go a.server.Serve(listener)
	return a, nil
}

// Close returns when every handler, and with it the middleware, has returned.
func (a *application) Close() error { return shutdown(a.server) }
