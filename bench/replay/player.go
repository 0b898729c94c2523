package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/datadog"
)

// drainEvery is after how many submissions with a timestamp the client takes them
// out of its logs, which would be full at some point: it has no goroutine that
// does.
const drainEvery = 20_000

// Player feeds a client with operations and collects what the client sends. It
// may be used by one goroutine at a time. Close it.
type Player struct {
	cfg    Config
	client *stats.Client
	server *server
	clock  *clock

	// held are the submissions without a timestamp since the last flush. They
	// count as made just before the next flush, whose time is not known yet, but
	// not before the last one.
	held   []Op
	latest Time // the latest timestamp seen
	seen   bool // there was one
	timed  int  // submissions with a timestamp since the last drain

	// durations are the metrics whose timings are all whole nanoseconds, so that
	// they can go through Client.Timing; nil for a log, which is not known to its
	// end. See timing.
	durations map[string]bool
}

// Flush is what one flush made the client send.
type Flush struct {
	At       Time
	Requests []Request // in the order they came
}

// Of returns the requests of one profile: those with points, then those with events
// and service checks, each in the order they came. The client sends the two beside
// each other, so that which comes first is chance.
func (f *Flush) Of(p stats.Profile) []Request {
	var points, others []Request
	for _, r := range f.Requests {
		switch {
		case r.Profile != p:
		case r.Path == pathEvents || r.Path == pathChecks:
			others = append(others, r)
		default:
			points = append(points, r)
		}
	}
	return append(points, others...)
}

// ProfileName returns what the ledger calls the transport of a profile.
func ProfileName(p stats.Profile) string {
	switch p {
	case stats.ProfileThreadStats:
		return "ThreadStats profile"
	case stats.ProfileDefault:
		return "default profile"
	}
	return fmt.Sprintf("profile %d", p)
}

// Open starts a player: a server on loopback, and a client with one Datadog
// transport for each profile.
func Open(cfg Config) (*Player, error) {
	p := &Player{cfg: cfg.withDefaults(), server: newServer(), clock: &clock{now: beginning}}
	err := p.open()
	if err != nil {
		p.server.close()
		return nil, fmt.Errorf("replay: %w", err)
	}
	return p, nil
}

func (p *Player) open() error {
	opts := p.cfg.options(p.clock)
	for _, profile := range p.cfg.Profiles {
		dd, err := datadog.New(datadog.Config{
			APIKey:      "replay",
			URL:         p.server.url(profile),
			Compression: datadog.None,
			FillHost:    p.cfg.FillHost,
		})
		if err != nil {
			return err
		}
		opts = append(opts, stats.WithTransport(dd, stats.UseProfile(profile),
			stats.Named(ProfileName(profile)), stats.Queue(queueBatches, queueBytes)))
	}
	start := func() (err error) {
		p.client, err = stats.New(opts...)
		return err
	}
	if p.cfg.Env == nil {
		return start()
	}
	return within(p.cfg.Env, start)
}

// Do submits op, which [ParseOp] has checked. A submission without a timestamp is
// kept until the next flush, and counts as made just before it.
func (p *Player) Do(ctx context.Context, op Op) error {
	if op.Op == "flush" {
		return errors.New("replay: a flush is done by Player.Flush, which returns what was sent")
	}
	at, ok := op.timed()
	if !ok && isMetric(op.Op) {
		p.held = append(p.held, op)
		return nil
	}
	if err := p.submit(op); err != nil {
		return err
	}
	if !ok || !isMetric(op.Op) {
		return nil
	}
	if p.latest, p.seen = max(at, p.latest), true; p.timed < drainEvery {
		p.timed++
		return nil
	}
	p.timed = 0
	return p.client.FlushAt(ctx, beginning) // closes no bucket
}

// Flush flushes the client as at time at, and returns what it sent since the last
// flush. It may be more than the flush's own: at a bound on open buckets the client
// sends some early.
func (p *Player) Flush(ctx context.Context, at Time) (*Flush, error) {
	last := p.clock.Now()
	switch {
	case !at.IsInf():
		p.clock.set(at.Go())
		p.clock.leave(last)
	case len(p.held) > 0 && p.seen:
		p.clock.set((p.latest + 1).Go())
	case len(p.held) > 0 && p.clock.Now().Equal(beginning): // the log has no time at all
		p.clock.set(time.Now())
	}
	for i := range p.held {
		if err := p.submit(p.held[i]); err != nil {
			return nil, err
		}
	}
	clear(p.held)
	p.held, p.timed = p.held[:0], 0
	flush := func() error { return p.client.Flush(ctx) }
	if !at.IsInf() {
		flush = func() error { return p.client.FlushAt(ctx, at.Go()) }
	}
	if err := flush(); err != nil {
		return nil, fmt.Errorf("replay: flush at %v: %w", at, err)
	}
	requests, err := p.server.take()
	return &Flush{At: at, Requests: requests}, err
}

// Ledger returns the client's books: what was refused or dropped, and why.
func (p *Player) Ledger() stats.Ledger { return p.client.Ledger() }

// Close flushes what is left, and returns it with an error if the client or the
// server had one.
func (p *Player) Close(ctx context.Context) (*Flush, error) {
	defer p.server.close()
	last, err := p.Flush(ctx, Inf)
	return last, errors.Join(err, p.client.Shutdown(ctx))
}
