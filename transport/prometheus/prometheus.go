package prometheus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

// Transport keeps the newest value of each series, and is the [http.Handler] that a
// Prometheus scrapes. Make it with [New]. Scrapes may come at any time, from any
// goroutine.
type Transport struct {
	timeout time.Duration
	store   *store
	// scrapes has what a scrape works with; nil until it is first used. Whoever finds
	// none comes too often.
	scrapes chan *scrape
	newOne  func() *scrape
}

// New returns a transport for cfg, or all that is wrong with cfg.
func New(cfg Config) (*Transport, error) {
	cfg, quantiles, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Transport{
		timeout: cfg.Timeout,
		store:   newStore(cfg, quantiles),
		scrapes: make(chan *scrape, cfg.MaxScrapes),
		newOne:  func() *scrape { return newScrape(quantiles, cfg.MaxBuckets) },
	}
	for range cfg.MaxScrapes {
		t.scrapes <- nil
	}
	return t, nil
}

// Send keeps the points of b until the next one of their series, or the expiry. It
// fails only when ctx has ended or the transport was closed; single points are
// rejected as the package's doc says.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if err := ctx.Err(); err != nil {
		return &transport.SendError{Outcome: transport.Retry, Err: fmt.Errorf("prometheus: send: %w", err)}
	}
	rejected, open := t.store.take(b, time.Now())
	if !open {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	for i := b.Points(); i < b.Len(); i++ {
		rejected = append(rejected, transport.Rejection{Index: i, Reason: string(transport.ReasonUnsupported)})
	}
	if len(rejected) == 0 {
		return nil
	}
	return &transport.SendError{Outcome: transport.Permanent, Delivered: b.Len(), Rejected: rejected, Err: errRejected}
}

var errRejected = errors.New("prometheus: some points were refused")

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{Name: "prometheus", Summaries: true, Sketches: true, Untimed: true}
}

// Temporality implements [transport.TemporalityReporter]: Prometheus wants running
// totals.
func (t *Transport) Temporality(transport.Kind) transport.Temporality { return transport.Cumulative }

// AppendWireIdentity implements [transport.WireIdentifier]: the name and the labels, in
// which two spellings may be one.
func (t *Transport) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	return prom.AppendIdentity(dst, s)
}

// Close lets go of all series. Scrapes that come later get a 503.
func (t *Transport) Close(context.Context) error {
	t.store.close()
	return nil
}
