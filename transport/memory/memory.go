package memory

import (
	"context"
	"sync"

	"github.com/shardstats/shardstats/transport"
)

// Transport keeps what was sent. Make it with [New].
type Transport struct {
	flat        bool
	eventless   bool
	sketches    bool
	untimed     bool
	temporality func(transport.Kind) transport.Temporality

	mu      sync.Mutex
	batches []transport.Batch // deep copies, each of what was taken of one Send
	closed  bool
	sends   int
	changed chan struct{} // closed and replaced whenever something of the above changes

	failures int // Sends still to fail with failure
	failure  error
	send     func(context.Context, *transport.Batch) error
	gate     chan struct{} // closed when Sends may go on; nil if they may
}

// Option changes how a Transport describes itself.
type Option func(*Transport)

// Flat makes the transport one of a backend without summaries and set members:
// histograms come expanded into gauges and counts, sets as their size.
func Flat() Option { return func(t *Transport) { t.flat = true } }

// WithoutEvents makes the transport one of a backend that takes neither events nor
// service checks.
func WithoutEvents() Option { return func(t *Transport) { t.eventless = true } }

// WithSketches makes the transport one of a backend that takes the bins of a sketch
// for the values of a long distribution.
func WithSketches() Option { return func(t *Transport) { t.sketches = true } }

// Untimed makes the transport one of a backend whose wire has no times of gauges.
func Untimed() Option { return func(t *Transport) { t.untimed = true } }

// WithTemporality says what the backend that the transport stands for does with
// two values for one series and time. f must be pure. Default: Additive for
// every kind, so that what arrives adds up to what was submitted.
func WithTemporality(f func(transport.Kind) transport.Temporality) Option {
	return func(t *Transport) { t.temporality = f }
}

// New returns an empty transport that asks for summaries and set members, takes
// events and service checks, and is Additive for every kind, as far as opts do not
// change that.
func New(opts ...Option) *Transport {
	t := &Transport{
		temporality: func(transport.Kind) transport.Temporality { return transport.Additive },
		changed:     make(chan struct{}),
	}
	for _, o := range opts {
		o(t)
	}
	return t
}

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{
		Name: "memory", Summaries: !t.flat, Members: !t.flat, Events: !t.eventless, Checks: !t.eventless,
		Sketches: t.sketches, Untimed: t.untimed,
	}
}

// Temporality implements [transport.TemporalityReporter].
func (t *Transport) Temporality(k transport.Kind) transport.Temporality { return t.temporality(k) }

// Send keeps a copy of b, or does what the test asked for.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if err := t.pass(ctx); err != nil {
		return err
	}
	err := t.attempt(ctx, b)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.sends++
	t.keep(b, delivered(err, b.Len()))
	t.wake()
	return err
}

// Close makes each later Send fail. What was kept stays readable.
func (t *Transport) Close(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.wake()
	return nil
}

// delivered returns how many leading items of n were taken by a Send that
// ended with err.
func delivered(err error, n int) int {
	se := transport.AsSendError(err)
	if se == nil {
		return n
	}
	return max(0, min(n, se.Delivered))
}

// keep appends a copy of the first n items of b. t.mu is held.
func (t *Transport) keep(b *transport.Batch, n int) {
	if n == 0 && b.Len() > 0 {
		return
	}
	t.batches = append(t.batches, leadingItems(b, n))
}

// wake tells those in Wait to look again. t.mu is held.
func (t *Transport) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}
