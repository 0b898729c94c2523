package remotewrite

import (
	"context"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

// Transport sends to a receiver of remote write. Make it with [New].
type Transport struct {
	url       string
	userAgent string
	client    *post.Client
	version   Version // from Config
	// headers are behind a function because fmt prints fields, unexported ones too.
	headers func() map[string]string
	secrets post.Secrets

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
		userAgent: post.UserAgent(),
		client:    post.New(post.Config{Name: "remotewrite", Peer: set.target.Host, Timeout: set.Timeout, Client: set.Client, TLS: set.TLS}),
		version:   set.Version,
		headers:   func() map[string]string { return headers },
		secrets:   post.SecretsOf(headers, set.Password),
		packer:    newPacker(set),
		times:     times{limit: maxTimes},
	}
	return t, nil
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
	t.client.Close()
	return nil
}
