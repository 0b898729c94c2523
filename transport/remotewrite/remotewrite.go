package remotewrite

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

// Transport sends to a receiver of remote write. Make it with [New].
type Transport struct {
	url       string
	peer      string // for errors: no path, which may hold a token
	timeout   time.Duration
	userAgent string
	client    *http.Client
	ownClient bool
	version   Version // from Config
	// headers are behind a function because fmt prints fields, unexported ones too.
	headers func() map[string]string
	secrets secrets

	closed atomic.Bool

	// Owned by Send.
	packer *packer
	times  times
	raw    []byte // a request
	packed []byte // and compressed
}

// New returns a transport for cfg, or all that is wrong with cfg. It makes no
// connection yet.
func New(cfg Config) (*Transport, error) {
	set, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	headers := set.headers()
	t := &Transport{
		url:       set.target.String(),
		peer:      set.target.Host,
		timeout:   set.Timeout,
		userAgent: "shardstats (" + runtime.Version() + "; " + runtime.GOOS + "; " + runtime.GOARCH + ")",
		client:    ownClient(set.Config),
		ownClient: set.Client == nil,
		version:   set.Version,
		headers:   func() map[string]string { return headers },
		secrets:   set.secretsOf(),
		packer:    newPacker(set),
		times:     times{limit: maxTimes},
	}
	if set.Client != nil {
		client := *set.Client
		t.client = &client
	}
	t.client.CheckRedirect = checkRedirect
	return t, nil
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
	return transport.Description{Name: "remotewrite", Summaries: true, Sketches: true}
}

// Temporality implements [transport.TemporalityReporter]: Prometheus wants running
// totals, and times that grow.
func (t *Transport) Temporality(transport.Kind) transport.Temporality { return transport.Cumulative }

// AppendWireIdentity implements [transport.WireIdentifier]: the name and the labels, in
// which two spellings may be one.
func (t *Transport) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	return prom.AppendIdentity(dst, s)
}

// Close makes each later Send fail and closes the connections of the transport's own
// client. A client from Config keeps its connections.
func (t *Transport) Close(context.Context) error {
	t.closed.Store(true)
	if t.ownClient {
		t.client.CloseIdleConnections()
	}
	return nil
}
