package remotewrite

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport/internal/post"
	"github.com/shardstats/shardstats/transport/internal/setting"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Defaults of [Config], and limits.
const (
	defaultTimeout    = 30 * time.Second // Prometheus' own
	defaultMaxBuckets = 8192
	minMaxBuckets     = 160
	maxMaxBuckets     = 1 << 19 // all that schema 8 has
	defaultMaxSamples = 2000    // Prometheus' own
	maxMaxSamples     = 100_000
	defaultMaxRequest = 4 << 20
	minMaxRequest     = 64 << 10
	maxMaxRequest     = 64 << 20
	maxNames          = 100_000 // names whose kind is remembered
	maxTimes          = 200_000 // series whose last time is remembered, twice that at most
)

var defaultQuantiles = []float64{0.5, 0.95, 0.99}

// Version says which remote write is spoken.
type Version uint8

const (
	// Auto begins with 2.0, and goes over to 1.0 for good when the peer does not
	// say how much it wrote, or refuses the content type: what was sent is sent
	// again then.
	Auto Version = iota
	// V1 is 1.0, which every receiver speaks. Its answers do not tell points apart.
	V1
	// V2 is 2.0. An answer that does not say how much was written is an error.
	V2
)

// String returns the version as it is called.
func (v Version) String() string {
	switch v {
	case Auto:
		return "auto"
	case V1:
		return "1.0"
	case V2:
		return "2.0"
	}
	return fmt.Sprintf("version %d", uint8(v))
}

// Config says where a [Transport] sends to, and how. The zero value of each field but
// URL is its default. It prints its secrets as ***.
type Config struct {
	// URL takes the requests: "http://localhost:9090/api/v1/write" of a Prometheus that
	// was started with --web.enable-remote-write-receiver. It must be set.
	URL string
	// Version of the protocol. Default: Auto.
	Version Version

	// BearerToken authorises requests, or Username and Password do. Default: neither.
	BearerToken        string
	Username, Password string
	// Headers go along with each request, to name a tenant or to authorise it. Their
	// values are kept as secrets.
	Headers map[string]string

	// Quantiles are those of histograms and timings, from 0, the minimum, to 1, the
	// maximum, held in parts per million; each is a series. Default: 0.5, 0.95, 0.99. An
	// empty list that is not nil: none.
	Quantiles []float64
	// MaxBuckets bounds how many buckets of a native histogram lie between the first and the
	// last that are not empty, for values above and below zero each; from 160 to 524,288.
	// Only those that are not empty cost something. Default: 8,192, enough to keep the finest
	// schema as long as the largest value is at most 2^32 times the smallest.
	MaxBuckets int

	// MaxSamples bounds the samples of a request, native histograms included, from 1 to
	// 100,000; a histogram or timing is one for each quantile and two more, which are not
	// split. Default: 2,000.
	MaxSamples int
	// MaxRequestBytes bounds a request's body before compression, from 64 KiB to 64 MiB.
	// Default: 4 MiB.
	MaxRequestBytes int

	// Timeout bounds each request. Default: 30 s.
	Timeout time.Duration
	// TLS is for the transport's own client: certificates to trust and to show. Default:
	// the system's, and none. It must not be changed afterwards.
	TLS *tls.Config
	// Client sends the requests; its CheckRedirect is not used, and TLS must be nil.
	// Default: a client of the transport's own, with proxies from the environment.
	Client *http.Client
}

// settings is a Config that was checked.
type settings struct {
	Config
	target    *url.URL
	quantiles []summary.Quantile
}

// withDefaults checks everything and returns c filled in.
func (c Config) withDefaults() (settings, error) {
	wrong := setting.For("remotewrite")
	target, problem := parseURL(c.URL)
	if problem != "" {
		wrong.Add("URL %s", problem) // and does not repeat it: it may hold a password
	}
	if c.Version > V2 {
		wrong.Add("Version is %v: want Auto, V1 or V2", c.Version)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if problem := headerProblem(name, c.Headers[name]); problem != "" {
			wrong.Add("Headers: %s", problem)
		}
		if strings.EqualFold(name, "Authorization") && (c.BearerToken != "" || c.Username != "" || c.Password != "") {
			wrong.Add("Headers has Authorization beside BearerToken or Username: want one of them")
		}
	}
	switch {
	case c.BearerToken != "" && (c.Username != "" || c.Password != ""):
		wrong.Add("BearerToken and Username or Password are both set: want one of them")
	case !post.IsHeaderValue(c.BearerToken), len(c.BearerToken) > post.MaxHeaderBytes:
		wrong.Add("BearerToken is too long or has a character that is not printable ASCII: look for a line end")
	case strings.ContainsAny(c.Username, ":\r\n"), len(c.Username)+len(c.Password) > post.MaxHeaderBytes/2:
		wrong.Add("Username has a colon or a line end, or is too long with Password: no header can carry it")
	}
	if c.Quantiles == nil {
		c.Quantiles = defaultQuantiles
	}
	quantiles, err := summary.Quantiles(c.Quantiles)
	if err != nil {
		wrong.Add("Quantiles %w", err)
	}
	wrong.Between("MaxBuckets", &c.MaxBuckets, minMaxBuckets, maxMaxBuckets, defaultMaxBuckets)
	wrong.Between("MaxSamples", &c.MaxSamples, 1, maxMaxSamples, defaultMaxSamples)
	wrong.Between("MaxRequestBytes", &c.MaxRequestBytes, minMaxRequest, maxMaxRequest, defaultMaxRequest)
	wrong.Positive("Timeout", &c.Timeout, defaultTimeout)
	if c.TLS != nil && c.Client != nil {
		wrong.Add("TLS and Client are both set: set what TLS is to be on the client")
	}
	return settings{c, target, quantiles}, wrong.Err()
}

// parseURL returns raw as a URL, or what is wrong with it.
func parseURL(raw string) (*url.URL, string) {
	u, problem := post.ParseURL(raw, "http://localhost:9090/api/v1/write", "set Username and Password")
	if problem == "" && u.Path == "" {
		u.Path = "/"
	}
	return u, problem
}

// headerProblem says what is wrong with a header, without repeating its value.
func headerProblem(name, value string) string {
	lower := strings.ToLower(name)
	if lower == "user-agent" || strings.HasPrefix(lower, "x-prometheus-remote-write-") {
		return post.HeaderTaken(name)
	}
	return post.HeaderProblem(name, value)
}
