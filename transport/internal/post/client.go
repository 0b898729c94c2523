package post

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// MaxAnswer is how much of an answer is read, and how long its header may be.
	MaxAnswer = 64 << 10

	dialTimeout  = 5 * time.Second
	maxRedirects = 3
)

// Config configures a Client. Name, Peer and Timeout are required.
type Config struct {
	Name    string        // of the transport's package: errors begin with it
	Peer    string        // who is asked, for errors: a host, no path, which may hold a token
	Timeout time.Duration // of one request, from dialing to the end of the answer
	// Client makes the requests; nil for one of the package's own. It is copied, its
	// CheckRedirect is not used.
	Client *http.Client
	TLS    *tls.Config // of the own client; nil for the default
}

// Client makes requests to one peer. Make it with [New].
type Client struct {
	name, peer string
	timeout    time.Duration
	http       *http.Client
	own        bool
	closed     atomic.Bool
}

// New returns a Client that has made no connection yet.
func New(cfg Config) *Client {
	c := &Client{name: cfg.Name, peer: cfg.Peer, timeout: cfg.Timeout, own: cfg.Client == nil}
	if c.own {
		c.http = ownClient(cfg.TLS)
	} else {
		client := *cfg.Client
		c.http = &client
	}
	c.http.CheckRedirect = checkRedirect
	if c.http.Transport == nil {
		c.http.Transport = http.DefaultTransport
	}
	c.http.Transport = attentive{c.http.Transport}
	return c
}

// attentive notes which requests were answered, whatever the answer.
type attentive struct{ http.RoundTripper }

func (a attentive) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(req)
	if r, ok := req.Body.(*payloadReader); ok && err == nil {
		r.payload.answered.Store(true)
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for.
func (a attentive) CloseIdleConnections() {
	if c, ok := a.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// UserAgent is what transports say they are, where their protocol does not want
// something else.
func UserAgent() string {
	return "shardstats (" + runtime.Version() + "; " + runtime.GOOS + "; " + runtime.GOARCH + ")"
}

// Closed reports whether Close was called.
func (c *Client) Closed() bool { return c.closed.Load() }

// Close closes the connections of the client's own http.Client, now and after a
// request under way. One from Config keeps its connections.
func (c *Client) Close() {
	c.closed.Store(true)
	c.closeIdle()
}

func (c *Client) closeIdle() {
	if c.own && c.closed.Load() {
		c.http.CloseIdleConnections()
	}
}

func ownClient(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                  quietly(http.ProxyFromEnvironment),
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		TLSClientConfig:        config.Clone(), // nil of nil
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxAnswer,
	}}
}

// quietly hides what the standard library says about a bad proxy address: it
// repeats the address, with its password.
func quietly(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		u, err := proxy(req)
		if err != nil {
			return nil, errors.New("the proxy in the environment (HTTPS_PROXY or HTTP_PROXY) is no valid URL")
		}
		return u, nil
	}
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.Method != first.Method ||
		req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host || req.URL.User != nil {
		return http.ErrUseLastResponse
	}
	return nil
}
