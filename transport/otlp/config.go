package otlp

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport/internal/post"
	"github.com/shardstats/shardstats/transport/internal/setting"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Defaults of [Config], and limits.
const (
	defaultEndpoint   = "http://localhost:4318" // OTLP/HTTP's own
	metricsPath       = "/v1/metrics"
	defaultTimeout    = 10 * time.Second // OTLP's own
	defaultMaxBuckets = 8192
	minMaxBuckets     = 160
	maxMaxBuckets     = 1 << 19 // all that scale 8 has
	defaultMaxRequest = 4 << 20
	minMaxRequest     = 64 << 10
	maxMaxRequest     = 64 << 20
)

var defaultQuantiles = []float64{0, 0.5, 0.95, 0.99, 1}

// Compression says how bodies are compressed.
type Compression uint8

const (
	Gzip Compression = iota
	None
)

// String returns the name of the compression.
func (c Compression) String() string {
	switch c {
	case Gzip:
		return "gzip"
	case None:
		return "none"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// Histograms says what histograms and timings are sent as.
type Histograms uint8

const (
	// Summary sends count, sum and quantiles, which nobody can merge.
	Summary Histograms = iota
	// Exponential sends them as distributions are sent. Their quantiles are then as
	// good as the samples that were kept.
	Exponential
)

// String returns the name of the form.
func (h Histograms) String() string {
	switch h {
	case Summary:
		return "summary"
	case Exponential:
		return "exponential"
	}
	return fmt.Sprintf("histograms %d", uint8(h))
}

// Config says where a [Transport] sends to, and as what. The zero value of each
// field is its default. It prints its headers' values as ***.
type Config struct {
	// Endpoint is the URL that OTLP is served below, as "https://otlp.example.com";
	// requests go to <Endpoint>/v1/metrics. Default: http://localhost:4318, where
	// a Collector on this host listens.
	Endpoint string
	// MetricsURL is the whole URL instead, taken as it is. It overrides Endpoint.
	MetricsURL string

	// Headers go along with each request, to authorise it or to name a tenant. Their
	// values are kept as secrets.
	Headers map[string]string

	// ServiceName is the resource attribute service.name. Default: what Resource
	// says, else "unknown_service:" and the name of the program's file.
	ServiceName string
	// Resource has attributes of the process: of each resource that is sent. A
	// series with a host has that as host.name, whatever Resource says.
	Resource map[string]string

	// Histograms says what histograms and timings are sent as. Default: Summary.
	// Use Exponential where a backend is to merge them, as one for running totals
	// does (Prometheus).
	Histograms Histograms
	// Quantiles are those of a summary, from 0, the minimum, to 1, the maximum, held
	// in parts per million. Default: 0, 0.5, 0.95, 0.99, 1. An empty list that is not
	// nil: none.
	Quantiles []float64
	// SignedCounts sends each count as a sum that may fall. By default a count that
	// is not negative goes into a monotonic sum, which is what backends know as a
	// counter, and one that is negative into a sum of the same name that is not
	// monotonic. Set it for counters that often go down, if the backend keeps the two
	// apart (Prometheus).
	SignedCounts bool

	// MaxBuckets bounds the buckets of an exponential histogram, for values above and
	// below zero each; from 160 to 524,288. Each costs a byte before compression, and
	// a receiver eight, empty ones between others included. Default: 8,192, enough to
	// keep the finest scale, with its error of 0.14 %, as long as the largest value is
	// at most 2^32 times the smallest. Each halving of it can double the error.
	MaxBuckets int
	// MaxRequestBytes bounds a request's body before compression, from 64 KiB to
	// 64 MiB; a batch takes as many requests as it needs. Default: 4 MiB.
	MaxRequestBytes int

	// Compression of bodies. Default: Gzip.
	Compression Compression
	// Timeout bounds each request. Default: 10 s.
	Timeout time.Duration
	// TLS is for the transport's own client: certificates to trust and to show.
	// Default: the system's, and none. It must not be changed afterwards.
	TLS *tls.Config
	// Client sends the requests; its CheckRedirect is not used, and TLS must be nil.
	// One that repeats requests by itself has points arrive twice that the books have
	// once. Default: a client of the transport's own, with proxies from the environment.
	Client *http.Client
}

// withDefaults checks everything and returns c filled in and the URL of requests.
func (c Config) withDefaults() (Config, *url.URL, error) {
	wrong := setting.For("otlp")
	target, problem := c.target()
	if problem != "" {
		wrong.Add("%s", problem)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if problem := post.HeaderProblem(name, c.Headers[name]); problem != "" {
			wrong.Add("Headers: %s", problem)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Resource)) {
		if key == "" || !utf8.ValidString(key) || !utf8.ValidString(c.Resource[key]) {
			wrong.Add("Resource has the attribute %q: want a key, and valid UTF-8", key)
		}
	}
	if !utf8.ValidString(c.ServiceName) {
		wrong.Add("ServiceName is %q: want valid UTF-8", c.ServiceName)
	}
	if c.Histograms > Exponential {
		wrong.Add("Histograms is %v: want Summary or Exponential", c.Histograms)
	}
	if c.Quantiles == nil {
		c.Quantiles = defaultQuantiles
	}
	if _, err := summary.Quantiles(c.Quantiles); err != nil {
		wrong.Add("Quantiles %w", err)
	}
	if c.Compression > None {
		wrong.Add("Compression is %v: want Gzip or None", c.Compression)
	}
	wrong.Between("MaxBuckets", &c.MaxBuckets, minMaxBuckets, maxMaxBuckets, defaultMaxBuckets)
	wrong.Between("MaxRequestBytes", &c.MaxRequestBytes, minMaxRequest, maxMaxRequest, defaultMaxRequest)
	if n := len(appendAttributes(nil, resourceAttributes, c.attributes())); n > c.MaxRequestBytes/4 {
		wrong.Add("Resource and ServiceName take %d bytes: want at most %d, a quarter of MaxRequestBytes", n, c.MaxRequestBytes/4)
	}
	wrong.Positive("Timeout", &c.Timeout, defaultTimeout)
	if c.TLS != nil && c.Client != nil {
		wrong.Add("TLS and Client are both set: set what TLS is to be on the client")
	}
	return c, target, wrong.Err()
}

// target returns the URL that requests go to, or what is wrong with its field.
func (c Config) target() (*url.URL, string) {
	field, raw := "MetricsURL", c.MetricsURL
	if raw == "" {
		field, raw = "Endpoint", c.Endpoint
	}
	if raw == "" {
		raw = defaultEndpoint
	}
	u, problem := parseURL(raw)
	switch {
	case problem != "":
		return nil, field + " " + problem // and does not repeat it: it may hold a password
	case field == "Endpoint":
		u = u.JoinPath(metricsPath)
	case u.Path == "":
		u.Path = "/"
	}
	return u, ""
}

// parseURL returns raw as a URL, or what is wrong with it.
func parseURL(raw string) (*url.URL, string) {
	return post.ParseURL(raw, "https://otlp.example.com:4318", "set Headers to authorise requests")
}
