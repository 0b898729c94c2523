package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// tally is what clients counted for themselves, without the library. Each
// client has its own; merge adds them up when they have ended.
type tally struct {
	requests map[routeStatus]int64
	bytes    map[string]int64 // of responses, by route
	sessions map[int64]int64  // distinct sessions by the second they began in
	last     map[string]int64 // client id: the number of its last request
	bodies   bodyTally
	errors   []error // requests that got no answer
}

type routeStatus struct {
	path   string
	status int
}

// bodyTally is about the request bodies that clients sent.
type bodyTally struct{ n, sum, least, most int64 }

func (b *bodyTally) add(other bodyTally) {
	switch {
	case other.n == 0:
		return
	case b.n == 0:
		*b = other
		return
	}
	b.n += other.n
	b.sum += other.sum
	b.least = min(b.least, other.least)
	b.most = max(b.most, other.most)
}

func newTally() *tally {
	return &tally{
		requests: make(map[routeStatus]int64),
		bytes:    make(map[string]int64),
		sessions: make(map[int64]int64),
		last:     make(map[string]int64),
	}
}

func (t *tally) merge(other *tally) {
	for key, n := range other.requests {
		t.requests[key] += n
	}
	for path, n := range other.bytes {
		t.bytes[path] += n
	}
	for unix, n := range other.sessions {
		t.sessions[unix] += n
	}
	maps.Copy(t.last, other.last)
	t.bodies.add(other.bodies)
	t.errors = append(t.errors, other.errors...)
}

// total returns all requests that were answered.
func (t *tally) total() int64 {
	n := int64(0)
	for _, requests := range t.requests {
		n += requests
	}
	return n
}

// byRoute returns the answered requests of one route.
func (t *tally) byRoute(path string) int64 {
	n := int64(0)
	for key, requests := range t.requests {
		if key.path == path {
			n += requests
		}
	}
	return n
}

// load is the clients of one run.
type load struct {
	url     string
	http    *http.Client
	answers atomic.Int64 // so far, for the progress line
}

func newLoad(url string, clients int) *load {
	return &load{url: url, http: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
	}}
}

// run drives the application from n concurrent clients until ctx ends. A
// request that has begun is completed.
func (l *load) run(ctx context.Context, n int) *tally {
	tallies := make([]*tally, n)
	var wg sync.WaitGroup
	for i := range n {
		tallies[i] = newTally()
		wg.Go(func() { l.client(ctx, fmt.Sprintf("c%02d", i), tallies[i]) })
	}
	wg.Wait()
	l.http.CloseIdleConnections()
	all := newTally()
	for _, t := range tallies {
		all.merge(t)
	}
	return all
}

// client makes one request after the other, in sessions.
func (l *load) client(ctx context.Context, id string, t *tally) {
	for sequence, left, session := int64(1), 0, ""; ctx.Err() == nil; sequence++ {
		if left == 0 {
			left = 1 + rand.IntN(50)
			now := time.Now()
			session = strconv.FormatInt(now.UnixMilli(), 10) + "." + id + "." + strconv.FormatInt(sequence, 10)
			t.sessions[now.Unix()]++
		}
		left--
		if err := l.request(choose(), id, session, sequence, t); err != nil {
			t.errors = append(t.errors, err)
			return
		}
		l.answers.Add(1)
	}
}

// request makes one request and counts its answer.
func (l *load) request(r *route, id, session string, sequence int64, t *tally) error {
	var body io.Reader
	size := int64(0)
	if r.body > 0 {
		size = int64(1 + rand.IntN(r.body))
		body = bytes.NewReader(filler[:size])
	}
	// Not under ctx: a request that is given up is one that the server counts
	// and the client cannot.
	req, err := http.NewRequest(r.method, l.url+r.path, body)
	if err != nil {
		return err
	}
	req.Header.Set(headerClient, id)
	req.Header.Set(headerSequence, strconv.FormatInt(sequence, 10))
	req.Header.Set(headerSession, session)
	answer, err := l.http.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err != nil {
		return err
	}
	t.requests[routeStatus{r.path, answer.StatusCode}]++
	t.bytes[r.path] += n
	t.last[id] = sequence
	if size > 0 {
		t.bodies.add(bodyTally{1, size, size, size})
	}
	return nil
}

// choose draws a route by its weight.
func choose() *route {
	all := 0
	for i := range routes {
		all += routes[i].weight
	}
	n := rand.IntN(all)
	for i := range routes {
		if n -= routes[i].weight; n < 0 {
			return &routes[i]
		}
	}
	panic("demo: no route chosen") // unreachable: n is below the sum of the weights
}
