package datadog

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport/internal/post"
	"github.com/shardstats/shardstats/transport/internal/setting"
)

// Defaults of [Config], and limits of the API.
const (
	defaultSite    = "datadoghq.com"
	defaultTimeout = 15 * time.Second // one request, from dialling to the end of the answer

	maxBodyBytes   = 3_200_000  // as sent, to V1 and as sketches
	maxRawBytes    = 62_914_560 // before compression
	maxBodyBytesV2 = 512_000    // series of V2 and V3
	maxRawBytesV2  = 5_242_880
	maxPointsV3    = 10_000 // as many as Datadog's Agent puts into one body
	maxKeyBytes    = 1 << 10
)

// Config says where a [Transport] sends to and as whom. The zero value of each
// field but the key is its default. It prints its keys as ***.
type Config struct {
	// APIKey authorises requests: printable ASCII. Either it or APIKeyFunc is
	// needed.
	APIKey string
	// APIKeyFunc returns the key for one request, so that keys can be changed
	// while the program runs. It is called by the sender before each request,
	// with that request's context. Its error is Retry; an impossible key is
	// Denied.
	APIKeyFunc func(ctx context.Context) (string, error)

	// AppKey is an application key, printable ASCII, which none of what is sent here
	// needs. It goes along as DD-APPLICATION-KEY if it is set, and is kept as secret.
	AppKey string

	// Site is the Datadog site, as "datadoghq.eu": requests go to
	// https://api.<Site>. Default: datadoghq.com.
	Site string
	// URL overrides Site: scheme and host, and a path to put before the API's
	// own. For a proxy, or a test server.
	URL string

	// FillHost is put where a host is set and empty, and is the host of events and
	// service checks that have none. A series without a host stays without. Do not
	// name this host in submissions as well: Datadog would keep the last of two
	// values of what is then one series.
	FillHost string

	// API is the version for points. Default: V1. The package's doc compares them.
	API API
	// Encoding is the form of V2's series. Default: JSON. For V1 it must be that, and
	// V3 does not look at it.
	Encoding Encoding
	// AllowV3 allows V3 for a Site or URL that is not below datadoghq.com,
	// datadoghq.eu or ddog-gov.com, since whatever it leads to takes V3: a proxy in front
	// of Datadog, or a test server. Others take such bodies for nonsense. Default: V3
	// is an error there.
	AllowV3 bool
	// Origin goes along with points of V2 and V3 if it is set. Default: none.
	Origin Origin

	// Compression of bodies. Default: Zlib. None trades some twenty times the bytes
	// sent for two thirds of the encoder's processor time. Gzip is for V1 and V2,
	// whose distributions go with Zlib then; Zstd is for V2 and V3.
	Compression Compression
	// ZstdName is the Content-Encoding of bodies that Zstd made: "zstd", or "zstd1"
	// as Datadog's own API client says. Default: zstd.
	ZstdName string
	// Timeout bounds each request. Default: 15 s.
	Timeout time.Duration
	// Client sends the requests; its CheckRedirect is not used. One that repeats
	// requests by itself has points arrive twice that the books have once. Default: a
	// client of the transport's own, with proxies from the environment.
	Client *http.Client
}

// withDefaults checks everything and returns c filled in and the parsed URL.
func (c Config) withDefaults() (Config, *url.URL, error) {
	wrong := setting.For("datadog")

	switch {
	case c.APIKey == "" && c.APIKeyFunc == nil:
		wrong.Add("APIKey is empty: set it, or APIKeyFunc, or DD_API_KEY for ConfigFromEnv")
	case c.APIKey != "" && c.APIKeyFunc != nil:
		wrong.Add("APIKey and APIKeyFunc are both set: set one")
	case c.APIKey != "":
		if problem := keyProblem(c.APIKey); problem != "" {
			wrong.Add("APIKey %s", problem)
		}
	}
	if c.AppKey != "" {
		if problem := keyProblem(c.AppKey); problem != "" {
			wrong.Add("AppKey %s", problem)
		}
	}
	if c.Site == "" {
		c.Site = defaultSite
	} else if !isHostName(c.Site) {
		wrong.Add("Site %q is no host name: want one like datadoghq.eu", c.Site)
	}
	c.checkWire(wrong)
	if c.ZstdName == "" {
		c.ZstdName = "zstd"
	}
	wrong.Positive("Timeout", &c.Timeout, defaultTimeout)
	if c.URL == "" {
		c.checkV3("Site", "api."+c.Site, wrong)
		return c, &url.URL{Scheme: "https", Host: "api." + c.Site}, wrong.Err()
	}
	base, problem := parseURL(c.URL)
	if problem != "" {
		wrong.Add("URL %s", problem) // and does not repeat it: it may hold a password
	} else {
		c.checkV3("URL", base.Hostname(), wrong)
	}
	return c, base, wrong.Err()
}

// checkWire checks what of c says how points are put into bytes.
func (c Config) checkWire(wrong *setting.Complaints) {
	if c.API > V3 {
		wrong.Add("API is %v: want V1, V2 or V3", c.API)
	}
	switch {
	case c.Encoding > Protobuf:
		wrong.Add("Encoding is %v: want JSON or Protobuf", c.Encoding)
	case c.Encoding == Protobuf && c.API == V1:
		wrong.Add("Encoding is protobuf, which API v1 does not take: set API to V2, or leave Encoding out")
	}
	switch {
	case c.Compression >= compressions:
		wrong.Add("Compression is %v: want Zlib, None, Gzip or Zstd", c.Compression)
	case c.Compression == Zstd && c.API == V1:
		wrong.Add("Compression is zstd, which API v1 does not take: set API to V2, or Compression to Zlib")
	case c.Compression == Gzip && c.API == V3:
		wrong.Add("Compression is gzip, which API v3 is not known to take: set it to Zlib or Zstd")
	}
	if c.ZstdName != "" && c.ZstdName != "zstd" && c.ZstdName != "zstd1" {
		wrong.Add("ZstdName is %q: want zstd or zstd1", c.ZstdName)
	}
	if max(c.Origin.Product, c.Origin.Category, c.Origin.Service) > math.MaxInt32 {
		wrong.Add("Origin is %v: want numbers of 31 bits", c.Origin)
	}
}

// checkV3 complains about a host that V3 is not known to work with. It does not
// repeat that of a URL.
func (c Config) checkV3(field, host string, wrong *setting.Complaints) {
	if c.API == V3 && !c.AllowV3 && !isDatadog(host) {
		wrong.Add("%s leads to another host than Datadog's, which alone takes API v3: set API to V2, or AllowV3 if you know better", field)
	}
}

// keyProblem says what is wrong with a key, without repeating it.
func keyProblem(key string) string {
	if key == "" {
		return "is empty"
	}
	if len(key) > maxKeyBytes {
		return fmt.Sprintf("has %d bytes: want at most %d", len(key), maxKeyBytes)
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return "has a character that is not printable ASCII: look for a line end or a blank at its ends"
		}
	}
	return ""
}

// parseURL returns the URL that requests go below, or what is wrong with it.
func parseURL(raw string) (*url.URL, string) {
	return post.ParseURL(raw, "https://api.datadoghq.com", "the API key alone authorises")
}

func isHostName(s string) bool {
	if len(s) > 253 || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
