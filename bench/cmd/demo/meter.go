package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// Names of what the middleware submits, as they arrive: with the namespace.
const (
	namespace   = "demo"
	constantTag = "service:demo"

	metricRequests  = "http.requests"       // by route and status
	metricBytes     = "http.response.bytes" // counter, by route
	metricLatency   = "http.latency"        // timing, by route
	metricSize      = "http.response.size"  // distribution, by route
	metricClients   = "http.clients"        // set of client ids
	metricSessions  = "http.sessions"       // set of session ids, at the session's start
	metricSequence  = "client.sequence"     // gauge, by client
	metricTotal     = "http.total"          // bound counter
	metricInFlight  = "http.in_flight"      // bound gauge
	metricBodyBytes = "http.request.size"   // bound histogram, of requests with a body
)

// Headers by which a client says who it is.
const (
	headerClient   = "X-Client"   // its id
	headerSequence = "X-Sequence" // the number of this request among its requests
	headerSession  = "X-Session"  // start of the session in Unix milliseconds, then a dot and more: unique
)

// meter is the middleware: it measures every request with the library, and
// what each of the submissions costs.
type meter struct {
	stats *stats.Client
	costs *costs

	total    *stats.Counter
	inFlight *stats.Gauge
	bodySize *stats.Histogram
}

func newMeter(client *stats.Client, c *costs) *meter {
	return &meter{
		stats:    client,
		costs:    c,
		total:    client.NewCounter(metricTotal),
		inFlight: client.NewGauge(metricInFlight),
		bodySize: client.NewHistogram(metricBodyBytes),
	}
}

// wrap measures the requests of one route.
func (m *meter) wrap(path string, next http.Handler) http.Handler {
	routeTag := "route:" + path
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		begin := time.Now()
		m.arrived(req)
		counted := &countingWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(counted, req)
		m.answered(routeTag, req, counted, begin)
	})
}

// arrived submits what is known before the answer. The client sends its next
// request after the answer, so its gauge is written in its order.
func (m *meter) arrived(req *http.Request) {
	c, start := m.stats, time.Now()
	m.costs.add(costTimer, time.Since(start))

	start = time.Now()
	m.inFlight.Add(1)
	m.costs.add(costGaugeAdd, time.Since(start))

	id := req.Header.Get(headerClient)
	start = time.Now()
	c.Set(metricClients, id)
	m.costs.add(costSet, time.Since(start))

	if sequence, err := strconv.ParseFloat(req.Header.Get(headerSequence), 64); err == nil {
		tag := "client:" + id
		start = time.Now()
		c.Gauge(metricSequence, sequence, tag)
		m.costs.add(costGauge, time.Since(start))
	}

	// Every request of a session names it at the time it began: the later ones
	// are late points of a bucket that may have been sent.
	session := req.Header.Get(headerSession)
	if at, ok := sessionStart(session); ok {
		start = time.Now()
		c.At(at).Set(metricSessions, session)
		m.costs.add(costSetAt, time.Since(start))
	}
}

// answered submits what is known after the answer.
func (m *meter) answered(routeTag string, req *http.Request, w *countingWriter, begin time.Time) {
	c, statusTag := m.stats, statusTags[w.status%len(statusTags)]
	start := time.Now()
	c.Increment(metricRequests, routeTag, statusTag)
	m.costs.add(costIncrement, time.Since(start))

	start = time.Now()
	c.Count(metricBytes, w.bytes, routeTag)
	m.costs.add(costCount, time.Since(start))

	start = time.Now()
	c.Distribution(metricSize, float64(w.bytes), routeTag)
	m.costs.add(costDistribution, time.Since(start))

	start = time.Now()
	m.total.Inc()
	m.costs.add(costCounter, time.Since(start))

	if req.ContentLength > 0 {
		start = time.Now()
		m.bodySize.Observe(float64(req.ContentLength))
		m.costs.add(costHistogram, time.Since(start))
	}

	took := time.Since(begin)
	start = time.Now()
	c.Timing(metricLatency, took, routeTag)
	m.costs.add(costTiming, time.Since(start))

	start = time.Now()
	m.inFlight.Add(-1)
	m.costs.add(costGaugeAdd, time.Since(start))
}

// sessionStart reads the start of a session from its id.
func sessionStart(id string) (time.Time, bool) {
	millis, _, ok := strings.Cut(id, ".")
	unix, err := strconv.ParseInt(millis, 10, 64)
	return time.UnixMilli(unix), ok && err == nil
}

// statusTags are built once, for the status is not known before the call.
var statusTags = func() (tags [600]string) {
	for status := range tags {
		tags[status] = "status:" + strconv.Itoa(status)
	}
	return tags
}()

// countingWriter notes the status and the bytes of an answer.
type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find what w wraps.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
