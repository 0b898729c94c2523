package datadog

import (
	"context"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// Transport sends to Datadog. Make it with [New].
type Transport struct {
	base      string // scheme, host and path; never with a slash at its end
	timeout   time.Duration
	sketches  bool // distributions go as sketches
	routes    [endpoints]route
	userAgent string
	client    *post.Client
	fillHost  string
	// key returns the API key for one request, appKey the other key or "". They are
	// closures because fmt prints fields, unexported ones too.
	key    func(ctx context.Context) (string, error)
	appKey func() string

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
		timeout:   cfg.Timeout,
		sketches:  cfg.API != V1,
		routes:    routesOf(cfg),
		userAgent: post.UserAgent(),
		client:    post.New(post.Config{Name: "datadog", Peer: base.Host, Timeout: cfg.Timeout, Client: cfg.Client}),
		key:       cfg.APIKeyFunc,
		fillHost:  cfg.FillHost,
	}
	t.packer = newPacker(cfg, t.routes)
	appKey := cfg.AppKey
	t.appKey = func() string { return appKey }
	if t.key == nil {
		key := cfg.APIKey
		t.key = func(context.Context) (string, error) { return key, nil }
	}
	return t, nil
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
	t.client.Close()
	return nil
}
