package main

import (
	"compress/zlib"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// The limits of Datadog's v1 API for one request.
const (
	maxCompressed = 3_200_000
	maxRaw        = 62_914_560
)

// fault is what a receiver does wrong.
type fault string

const (
	faultNone fault = ""
	faultDrop fault = "drop" // one request is answered 202 and forgotten
	faultBusy fault = "busy" // every third request is answered 503
)

// receiver speaks Datadog's v1 metric API on loopback and keeps what arrives in
// an intake. It shares no code with the library: bodies are read by
// encoding/json and compress/zlib alone.
type receiver struct {
	key    string // the API key it expects
	fault  fault
	intake *intake

	server *http.Server
	url    string

	forgot   atomic.Bool  // faultDrop has struck
	requests atomic.Int64 // metric requests, refused ones included
	refused  atomic.Int64 // answered with anything but 202
	dropped  atomic.Int64 // points forgotten by faultDrop
	bytes    atomic.Int64 // of bodies, as sent
	raw      atomic.Int64 // of bodies, inflated
}

// newReceiver starts a receiver on a free port of loopback. Close it.
func newReceiver(f fault) (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("receiver: listen: %w", err)
	}
	r := &receiver{
		key:    strings.ToLower(rand.Text()),
		fault:  f,
		intake: newIntake(),
		url:    "http://" + listener.Addr().String(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/series", func(w http.ResponseWriter, req *http.Request) {
		receive(r, w, req, (*intake).addSeries)
	})
	mux.HandleFunc("POST /api/v1/distribution_points", func(w http.ResponseWriter, req *http.Request) {
		receive(r, w, req, (*intake).addDistributions)
	})
	r.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go r.server.Serve(listener)
	return r, nil
}

// Close stops the receiver after the requests it is answering.
func (r *receiver) Close() error { return shutdown(r.server) }

// shutdown stops a server when its handlers have returned, after 10 s in any case.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

// refusal is an answer other than 202.
type refusal struct {
	status int
	why    string
}

func (e *refusal) Error() string { return e.why }

// receive answers one request whose body is {"series": [...]} of S, and hands
// the series to add.
func receive[S wireSeries](r *receiver, w http.ResponseWriter, req *http.Request, add func(*intake, []S)) {
	number := r.requests.Add(1)
	series, err := decode[S](r, req)
	if err == nil && r.fault == faultBusy && number%3 == 1 {
		w.Header().Set("Retry-After", "1")
		err = &refusal{http.StatusServiceUnavailable, "busy (asked for by FAULT)"}
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		r.refused.Add(1)
		status := http.StatusBadRequest
		if refused, ok := errors.AsType[*refusal](err); ok {
			status = refused.status
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string][]string{"errors": {err.Error()}})
		return
	}
	if r.forgets(series) {
		r.dropped.Add(int64(pointsOf(series)))
	} else {
		add(r.intake, series)
	}
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"ok"}`)
}

// forgets reports whether faultDrop hits this request: the first that carries
// counts, which no later revision brings again.
func (r *receiver) forgets(series any) bool {
	list, ok := series.([]flatSeries)
	return ok && r.fault == faultDrop &&
		slices.ContainsFunc(list, func(s flatSeries) bool { return s.Type == "count" }) &&
		!r.forgot.Swap(true)
}

// decode checks the headers of req and reads its body.
func decode[S wireSeries](r *receiver, req *http.Request) ([]S, error) {
	if req.Header.Get("DD-API-KEY") != r.key {
		return nil, &refusal{http.StatusForbidden, "DD-API-KEY is missing or wrong"}
	}
	if got := req.Header.Get("Content-Type"); got != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "Content-Type is " + got}
	}
	sent := &countingReader{from: http.MaxBytesReader(nil, req.Body, maxCompressed)}
	var body io.Reader = sent
	switch encoding := req.Header.Get("Content-Encoding"); encoding {
	case "":
	case "deflate":
		inflater, err := zlib.NewReader(sent)
		if err != nil {
			return nil, fmt.Errorf("body is not zlib: %w", err)
		}
		defer inflater.Close()
		body = inflater
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, "Content-Encoding is " + encoding}
	}
	raw := &countingReader{from: io.LimitReader(body, maxRaw+1)}
	var content struct {
		Series []S `json:"series"`
	}
	decoder := json.NewDecoder(raw)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&content)
	if err == nil {
		// To the end, so that the checksum behind the data is verified.
		var rest []byte
		if rest, err = io.ReadAll(io.MultiReader(decoder.Buffered(), raw)); err == nil && strings.TrimSpace(string(rest)) != "" {
			err = errors.New("more than one JSON value")
		}
	}
	r.bytes.Add(sent.n)
	r.raw.Add(raw.n)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || raw.n > maxRaw {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "body is too large"}
	}
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	for _, s := range content.Series {
		if why := s.wrong(); why != "" {
			return nil, errors.New(why)
		}
	}
	return content.Series, nil
}

type countingReader struct {
	from io.Reader
	n    int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}
