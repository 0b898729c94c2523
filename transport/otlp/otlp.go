package otlp

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/shardstats/shardstats/transport"
)

// Transport sends to an OTLP/HTTP receiver. Make it with [New].
type Transport struct {
	url       string
	peer      string // for errors: no path, which may hold a token
	timeout   time.Duration
	userAgent string
	client    *http.Client
	ownClient bool
	host      string // what a series without a host has as host.name
	hostSet   bool
	form      Histograms
	// headers are behind a function because fmt prints fields, unexported ones too.
	headers func() map[string]string
	secrets secrets

	closed atomic.Bool

	// Owned by Send.
	packer *packer
	zip    *gzip.Writer // nil if bodies are not compressed
	body   buffer
}

// New returns a transport for cfg, or all that is wrong with cfg. It makes no
// connection yet.
func New(cfg Config) (*Transport, error) {
	cfg, target, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	headers := maps.Clone(cfg.Headers)
	t := &Transport{
		url:       target.String(),
		peer:      target.Host,
		timeout:   cfg.Timeout,
		userAgent: "shardstats (" + runtime.Version() + "; " + runtime.GOOS + "; " + runtime.GOARCH + ")",
		client:    ownClient(cfg),
		ownClient: cfg.Client == nil,
		form:      cfg.Histograms,
		headers:   func() map[string]string { return headers },
		secrets:   secretsOf(headers),
		packer:    newPacker(cfg),
	}
	t.host, t.hostSet = cfg.Resource[hostKey]
	if cfg.Compression == Gzip {
		t.zip = gzip.NewWriter(&t.body)
	}
	if cfg.Client != nil {
		client := *cfg.Client
		t.client = &client
	}
	t.client.CheckRedirect = checkRedirect
	return t, nil
}

func newPacker(cfg Config) *packer {
	p := &packer{encoder: newEncoder(cfg), limit: cfg.MaxRequestBytes, scope: scope(), byHost: map[string]int{}}
	p.base, p.hostBase = cfg.resources()
	return p
}

func ownClient(cfg Config) *http.Client {
	transport := &http.Transport{
		Proxy:                  quietly(http.ProxyFromEnvironment),
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerBytes,
	}
	if cfg.TLS != nil {
		transport.TLSClientConfig = cfg.TLS.Clone()
	}
	return &http.Client{Transport: transport}
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

// checkRedirect lets a request be sent again, body and all, to the host it was
// meant for. Anything else would show the headers to another host, or turn the
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
	return transport.Description{Name: "otlp", Summaries: true, Sketches: true}
}

// Temporality implements [transport.TemporalityReporter]: counts and exponential
// histograms are deltas, which add up. Gauges and summaries have no temporality in
// OTLP: of two for one series and time one stands, so the whole is sent again.
func (t *Transport) Temporality(k transport.Kind) transport.Temporality {
	return temporality(k, t.form)
}

func temporality(k transport.Kind, form Histograms) transport.Temporality {
	switch k {
	case transport.KindCount, transport.KindDistribution:
		return transport.Additive
	case transport.KindHistogram, transport.KindTiming:
		if form == Exponential {
			return transport.Additive
		}
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
