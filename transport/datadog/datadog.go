package datadog

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Transport sends to Datadog. Make it with [New].
type Transport struct {
	base      string // scheme, host and path; never with a slash at its end
	host      string // for errors: no path, which may hold a token
	timeout   time.Duration
	sketches  bool // distributions go as sketches
	routes    [endpoints]route
	userAgent string
	client    *http.Client
	ownClient bool
	fillHost  string
	// key returns the API key for one request, appKey the other key or "". They are
	// closures because fmt prints fields, unexported ones too.
	key    func(ctx context.Context) (string, error)
	appKey func() string

	closed atomic.Bool

	// Owned by Send.
	packer *packer
}

// New returns a transport for cfg, or all that is wrong with cfg. It makes no
// connection yet.
func New(cfg Config) (*Transport, error) {
	cfg, base, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Transport{
		base:      strings.TrimRight(base.String(), "/"),
		host:      base.Host,
		timeout:   cfg.Timeout,
		sketches:  cfg.API != V1,
		routes:    routesOf(cfg),
		userAgent: "shardstats (" + runtime.Version() + "; " + runtime.GOOS + "; " + runtime.GOARCH + ")",
		client:    ownClient(),
		ownClient: cfg.Client == nil,
		key:       cfg.APIKeyFunc,
		fillHost:  cfg.FillHost,
	}
	t.packer = newPacker(cfg, t.routes)
	appKey := cfg.AppKey
	t.appKey = func() string { return appKey }
	if cfg.Client != nil {
		client := *cfg.Client
		t.client = &client
	}
	t.client.CheckRedirect = checkRedirect
	if t.key == nil {
		key := cfg.APIKey
		t.key = func(context.Context) (string, error) { return key, nil }
	}
	return t, nil
}

func ownClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                  quietly(http.ProxyFromEnvironment),
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerBytes,
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

const maxRedirects = 3

// checkRedirect lets a request be sent again, body and all, below the host it
// was meant for. Anything else would show the key to another host, or turn the
// POST into a GET whose 200 looks like a delivery.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.Method != first.Method ||
		req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host || req.URL.User != nil {
		return http.ErrUseLastResponse
	}
	return nil
}

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{Name: "datadog", Distributions: true, Sketches: t.sketches, Events: true, Checks: true}
}

// Temporality implements [transport.TemporalityReporter]: Datadog adds up the
// points and sketches of distributions and keeps the last value of everything else.
func (t *Transport) Temporality(k transport.Kind) transport.Temporality {
	if k == transport.KindDistribution {
		return transport.Additive
	}
	return transport.Overwrite
}

// Close makes each later Send fail and closes the connections of the
// transport's own client. A client from Config keeps its connections.
func (t *Transport) Close(context.Context) error {
	t.closed.Store(true)
	if t.ownClient {
		t.client.CloseIdleConnections()
	}
	return nil
}
