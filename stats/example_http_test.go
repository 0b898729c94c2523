package stats_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"

	"github.com/shardstats/shardstats/stats"
)

// measured counts the requests of a handler, times them and measures what it
// answers. The route is given, never read from the URL: a tag must not take as
// many values as there are users.
func measured(c *stats.Client, route string, next http.HandlerFunc) http.Handler {
	c = c.With("route:" + route) // once, not for each request
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Increment("web.request.started", "method:"+r.Method)
		watch := c.StartTimer("web.request.duration", "method:"+r.Method)
		defer watch.Stop() // also when the handler panics

		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		next(answer, r)
		c.Increment("web.request.done", "method:"+r.Method, "status:"+strconv.Itoa(answer.status))
		c.Histogram("web.response.size", float64(answer.bytes))
	})
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status, bytes int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.bytes += n
	return n, err
}

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter } // for http.ResponseController

// A web service: middleware of a few lines, and the figures of its handlers.
func Example_webService() {
	c := newExample(stats.WithAggregates(stats.AggregateCount))
	mux := http.NewServeMux()
	mux.Handle("GET /api/users", measured(c, "/api/users", func(w http.ResponseWriter, _ *http.Request) {
		c.Timed("database.query", func() {}) // ... the query
		c.Gauge("api.users.returned", 2)
		_, _ = io.WriteString(w, `["ann","bob"]`)
	}))
	mux.Handle("GET /api/orders", measured(c, "/api/orders", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no orders", http.StatusNotFound)
	}))
	server := httptest.NewServer(mux)
	for _, path := range []string{"/api/users", "/api/users", "/api/orders"} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	server.Close() // every handler has returned: Close comes last, or what they submit is lost
	http.DefaultClient.CloseIdleConnections()
	_ = c.Close()
	// Unordered output:
	// {"time":1577872800,"name":"web.request.started","kind":"count","value":2,"tags":["method:GET","route:/api/users"],"interval":10}
	// {"time":1577872800,"name":"web.request.started","kind":"count","value":1,"tags":["method:GET","route:/api/orders"],"interval":10}
	// {"time":1577872800,"name":"web.request.duration.count","kind":"count","value":2,"tags":["method:GET","route:/api/users"],"interval":10}
	// {"time":1577872800,"name":"web.request.duration.count","kind":"count","value":1,"tags":["method:GET","route:/api/orders"],"interval":10}
	// {"time":1577872800,"name":"web.request.done","kind":"count","value":2,"tags":["method:GET","route:/api/users","status:200"],"interval":10}
	// {"time":1577872800,"name":"web.request.done","kind":"count","value":1,"tags":["method:GET","route:/api/orders","status:404"],"interval":10}
	// {"time":1577872800,"name":"web.response.size.count","kind":"count","value":2,"tags":["route:/api/users"],"interval":10}
	// {"time":1577872800,"name":"web.response.size.count","kind":"count","value":1,"tags":["route:/api/orders"],"interval":10}
	// {"time":1577872800,"name":"database.query.count","kind":"count","value":2,"tags":[],"interval":10}
	// {"time":1577872800,"name":"api.users.returned","kind":"gauge","value":2,"tags":[],"interval":10}
}
