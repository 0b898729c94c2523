package statsd

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/shardstats/shardstats/transport"
)

// wire is a way to the server. Its methods may be called by several goroutines at
// once.
type wire interface {
	// run does the work in the background until ctx ends, and leaves nothing open.
	run(ctx context.Context)
	// deliver makes one attempt. The first sure units of c arrived, those from there
	// to doubtful may have, and the rest did not; without an error all did. A patient
	// caller leaves it to the wire when to connect.
	deliver(ctx context.Context, c *chunk, patient bool) (sure, doubtful int, err error)
	// ready waits until connected, or ctx ends.
	ready(ctx context.Context) error
	connected() bool
}

// Transport sends to a statsd server. Make it with [New] or [Nop].
type Transport struct {
	cfg    Config
	naming naming
	wire   wire // nil if disabled
	inject *injector

	life context.Context // ends with Close
	end  context.CancelFunc

	mu      sync.Mutex
	started bool
	closed  bool
	running sync.WaitGroup // what was started

	closing  sync.Once
	closeErr error // of the first Close

	encoder encoder // owned by Send
}

// New returns a transport for cfg, or all that is wrong with cfg. It makes no
// connection yet: [Transport.Start] does, or the first Send or Inject.
func New(cfg Config) (*Transport, error) {
	if cfg.Disabled {
		return Nop(), nil
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	t := newTransport(cfg)
	if cfg.Network == "udp" {
		t.wire = newDatagrams(&t.cfg)
	} else {
		t.wire = newLink(&t.cfg)
	}
	t.inject = newInjector(&t.cfg, t.wire)
	return t, nil
}

// Nop returns a transport that connects to nothing and discards what it gets: the
// one for a program whose statsd is switched off. Its Send reports everything as
// delivered, as that of transport/discard does, its Start returns at once, and it is
// never connected. Inject and GaugeDelta check their arguments as ever.
func Nop() *Transport { return newTransport(Config{Disabled: true}) }

func newTransport(cfg Config) *Transport {
	t := &Transport{cfg: cfg}
	t.naming = naming{prefix: cfg.Prefix, plain: cfg.Plain, tags: cfg.Tags}
	t.encoder = encoder{naming: &t.naming, limit: t.limit()}
	t.life, t.end = context.WithCancel(context.Background())
	return t
}

// limit returns how many bytes a line may have.
func (t *Transport) limit() int {
	if t.cfg.Network == "udp" {
		return maxDatagramBytes
	}
	return maxLineBytes
}

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{Name: "statsd", Summaries: true, Sketches: true, Members: true, Untimed: true}
}

// Start connects in the background, and waits until there is a connection or ctx
// ends, whichever is first. An error does not keep it from trying on. It may be
// called again, and by several goroutines at once; Send and Inject do without it.
func (t *Transport) Start(ctx context.Context) error {
	if err := t.begin(); err != nil {
		return err
	}
	if t.wire == nil {
		return nil
	}
	if err := t.wire.ready(ctx); err != nil {
		return t.wrap(err)
	}
	return nil
}

// Connected reports whether there is a connection to the server, as far as that can
// be known: over TCP, that the last attempt to connect and what was done with the
// connection since went well; over UDP, that the server's address is known and its
// host did not refuse the last datagram.
func (t *Transport) Connected() bool { return t.wire != nil && t.wire.connected() }

// begin starts what runs in the background, once.
func (t *Transport) begin() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return transport.ErrClosed
	case t.started || t.wire == nil:
		return nil
	}
	t.started = true
	t.running.Go(func() { t.wire.run(t.life) })
	t.running.Go(func() { t.inject.run(t.life) })
	return nil
}

// Close sends the lines of Inject and GaugeDelta that wait, within ctx, or within
// Config.Timeout if ctx has no deadline, and ends the connection. The error says how
// many lines were left. Later calls wait for the first and return what it did.
func (t *Transport) Close(ctx context.Context) error {
	t.closing.Do(func() { t.closeErr = t.close(ctx) })
	return t.closeErr
}

func (t *Transport) close(ctx context.Context) error {
	t.mu.Lock()
	t.closed = true
	started := t.started
	t.mu.Unlock()
	if !started {
		t.end()
		return nil
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.cfg.Timeout)
		defer cancel()
	}
	t.inject.drain(ctx)
	t.end()
	t.running.Wait()
	return t.inject.leftover()
}

// wrap says whom an error is about.
func (t *Transport) wrap(err error) error {
	if errors.Is(err, transport.ErrClosed) {
		return err
	}
	return fmt.Errorf("statsd: %s: %w", t.cfg.Address, err)
}
