package datadog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Defaults of [Config], and limits of the API.
const (
	defaultSite    = "datadoghq.com"
	defaultTimeout = 15 * time.Second // one request, from dialling to the end of the answer
	dialTimeout    = 5 * time.Second

	maxBodyBytes   = 3_200_000  // as sent
	maxRawBytes    = 62_914_560 // before compression
	maxAnswerBytes = 64 << 10   // read of an answer's body, and of its header
	maxKeyBytes    = 1 << 10
)

// Compression says how bodies are compressed.
type Compression uint8

const (
	Zlib Compression = iota // RFC 1950, Content-Encoding: deflate
	None
)

// String returns the name of the compression.
func (c Compression) String() string {
	switch c {
	case Zlib:
		return "zlib"
	case None:
		return "none"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

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

	// Compression of bodies. Default: Zlib. None trades some ten times the bytes
	// sent for about half of the sender's processor time.
	Compression Compression
	// Timeout bounds each request. Default: 15 s.
	Timeout time.Duration
	// Client sends the requests; its CheckRedirect is not used. Default: a
	// client of the transport's own, with proxies from the environment.
	Client *http.Client
}

// withDefaults checks everything and returns c filled in and the parsed URL.
func (c Config) withDefaults() (Config, *url.URL, error) {
	var wrong []error
	complain := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("datadog: Config."+format, args...))
	}

	switch {
	case c.APIKey == "" && c.APIKeyFunc == nil:
		complain("APIKey is empty: set it, or APIKeyFunc")
	case c.APIKey != "" && c.APIKeyFunc != nil:
		complain("APIKey and APIKeyFunc are both set: set one")
	case c.APIKey != "":
		if problem := keyProblem(c.APIKey); problem != "" {
			complain("APIKey %s", problem)
		}
	}
	if c.AppKey != "" {
		if problem := keyProblem(c.AppKey); problem != "" {
			complain("AppKey %s", problem)
		}
	}
	if c.Site == "" {
		c.Site = defaultSite
	} else if !isHostName(c.Site) {
		complain("Site %q is no host name: want one like datadoghq.eu", c.Site)
	}
	if c.Compression > None {
		complain("Compression is %v: want Zlib or None", c.Compression)
	}
	if c.Timeout < 0 {
		complain("Timeout is %v: want more than 0, or 0 for %v", c.Timeout, defaultTimeout)
	} else if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.URL == "" {
		return c, &url.URL{Scheme: "https", Host: "api." + c.Site}, errors.Join(wrong...)
	}
	base, problem := parseURL(c.URL)
	if problem != "" {
		complain("URL %s", problem) // and does not repeat it: it may hold a password
	}
	return c, base, errors.Join(wrong...)
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
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] == 0x7f {
			return nil, "has a blank or a control character"
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, "is no valid URL"
	case u.User != nil:
		return nil, "has a user or password: the API key alone authorises"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "has the wrong scheme: want http or https"
	case u.Hostname() == "":
		return nil, "has no host"
	case u.RawQuery != "" || u.ForceQuery:
		return nil, "has a query: want scheme, host and path only"
	case strings.Contains(raw, "#"):
		return nil, "has a fragment: want scheme, host and path only"
	}
	return u, ""
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
