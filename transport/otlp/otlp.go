package otlp

import (
	"context"
	"maps"

	"github.com/klauspost/compress/gzip"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// Transport sends to an OTLP/HTTP receiver. Make it with [New].
type Transport struct {
	url       string
	userAgent string
	client    *post.Client
	host      string // what a series without a host has as host.name
	hostSet   bool
	form      Histograms
	// headers are behind a function because fmt prints fields, unexported ones too.
	headers func() map[string]string
	secrets post.Secrets

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
		userAgent: post.UserAgent(),
		client:    post.New(post.Config{Name: "otlp", Peer: target.Host, Timeout: cfg.Timeout, Client: cfg.Client, TLS: cfg.TLS}),
		form:      cfg.Histograms,
		headers:   func() map[string]string { return headers },
		secrets:   post.SecretsOf(headers),
		packer:    newPacker(cfg),
	}
	t.host, t.hostSet = cfg.Resource[hostKey]
	if cfg.Compression == Gzip {
		t.zip = gzip.NewWriter(&t.body)
	}
	return t, nil
}

func newPacker(cfg Config) *packer {
	p := &packer{encoder: newEncoder(cfg), limit: cfg.MaxRequestBytes, scope: scope(), byHost: map[string]int{}}
	p.base, p.hostBase = cfg.resources()
	return p
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
	t.client.Close()
	return nil
}
