package statsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/shardstats/shardstats/transport"
)

// link keeps a TCP connection to the server ready, whatever happens to the one
// before. A delivery takes it; what it took belongs to it alone, so that lines of
// one never follow half a line of another. There is one connection at a time.
//
//	run:      dial ──► idle ──► taken, or lost ──► pause, if it failed ──► dial
//	deliver:      take ──► write and confirm ──► give back, or close
//
// With ConfirmClose a connection serves one delivery, which ends when run has made
// the next: see successor.
type link struct {
	cfg    *Config
	dialer net.Dialer
	log    *slog.Logger
	bad    throttle      // of what is logged when a connection fails
	well   throttle      // of what is logged when it is made
	wake   chan struct{} // capacity 1; tells run to look again

	mu      sync.Mutex
	idle    *conn
	out     bool          // a connection was taken
	hasty   int           // takers that do not wait for the end of a pause
	up      bool          // the last thing that happened to a connection was good
	good    bool          // lines were delivered since the last pause
	failure error         // of the last attempt to connect; nil if it succeeded
	begun   uint64        // attempts to connect
	finish  uint64        // of them, those that have ended
	failed  uint64        // the number of the last that failed
	stopped bool          // nothing is given out any more
	changed chan struct{} // closed and replaced when takers should look again

	pauses backoff.ExponentialBackOff // owned by run
}

func newLink(cfg *Config) *link {
	// ExponentialBackOff picks from interval·(1 ± factor); pause holds that within
	// the bounds.
	return &link{
		cfg: cfg,
		dialer: net.Dialer{
			Timeout: cfg.Timeout,
			KeepAliveConfig: net.KeepAliveConfig{
				Enable: true, Idle: cfg.CheckInterval, Interval: cfg.CheckInterval, Count: 3,
			},
		},
		log:     cfg.Logger,
		wake:    make(chan struct{}, 1),
		changed: make(chan struct{}),
		pauses: backoff.ExponentialBackOff{
			InitialInterval: cfg.ReconnectMin, MaxInterval: cfg.ReconnectMax, Multiplier: 2, RandomizationFactor: 0.5,
		},
	}
}

// run makes connections until ctx ends.
func (l *link) run(ctx context.Context) {
	l.pauses.Reset()
	for ctx.Err() == nil {
		c, wanted := l.state()
		switch {
		case c != nil:
			select {
			case <-c.ended:
				if l.lost(c) {
					l.pause(ctx, time.Since(c.began) > l.cfg.ReconnectMax)
				}
			case <-l.wake:
			case <-ctx.Done():
			}
		case wanted:
			if !l.connect(ctx) {
				l.pause(ctx, false)
			}
		default:
			select {
			case <-l.wake:
			case <-ctx.Done():
			}
		}
	}
	l.stop()
}

// state returns the idle connection, or whether one is to be made.
func (l *link) state() (idle *conn, wanted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.idle, l.idle == nil && !l.out
}

// connect makes one attempt and reports whether there is an idle connection now.
func (l *link) connect(ctx context.Context) bool {
	l.mu.Lock()
	l.begun++
	l.mu.Unlock()

	nc, err := l.dialer.DialContext(ctx, "tcp", l.cfg.Address)
	tcp, ok := nc.(*net.TCPConn)
	if err == nil && !ok { // no platform does that
		_ = nc.Close()
		err = errors.ErrUnsupported
	}
	var c *conn
	if err == nil {
		c = newConn(tcp)
	}

	l.mu.Lock()
	l.finish++
	before := l.up
	l.up, l.failure, l.idle = err == nil, err, c
	if err != nil {
		l.failed = l.finish
	}
	l.notify()
	l.mu.Unlock()
	if ctx.Err() == nil {
		l.logConnect(before, err)
	}
	return err == nil
}

// logConnect logs a failure, or the first success after one.
func (l *link) logConnect(before bool, err error) {
	if l.log == nil {
		return
	}
	if err == nil {
		if !before {
			if _, ok := l.well.allow(); ok {
				l.log.Info("statsd: connected", "address", l.cfg.Address)
			}
		}
		return
	}
	if n, ok := l.bad.allow(); ok {
		l.log.Warn("statsd: cannot connect", "address", l.cfg.Address, "error", plain(err).Error(), "failures", n)
	}
}

// lost forgets an idle connection that is over, and reports whether it was idle.
func (l *link) lost(c *conn) bool {
	l.mu.Lock()
	idle := l.idle == c
	if idle {
		l.idle, l.up = nil, false
		l.notify()
	}
	l.mu.Unlock()
	if !idle {
		return false
	}
	c.close()
	if l.log != nil {
		if n, ok := l.bad.allow(); ok {
			l.log.Warn("statsd: connection lost", "address", l.cfg.Address, "error", c.why().Error(), "failures", n)
		}
	}
	return true
}

// pause waits before the next attempt; a fresh start, after lines were delivered or
// a connection lasted, has short pauses and an empty throttle. A taker in haste makes
// it short; none makes it shorter than ReconnectMin.
func (l *link) pause(ctx context.Context, fresh bool) {
	began := time.Now()
	l.mu.Lock()
	fresh = fresh || l.good
	l.good = false
	l.mu.Unlock()
	if fresh {
		l.pauses.Reset()
		l.bad.reset()
		l.well.reset()
	}
	wait := min(max(l.pauses.NextBackOff(), l.cfg.ReconnectMin), l.cfg.ReconnectMax)
	for {
		if l.inHaste() {
			wait = l.cfg.ReconnectMin
		}
		rest := time.NewTimer(wait - time.Since(began))
		select {
		case <-rest.C:
			return
		case <-ctx.Done():
			rest.Stop()
			return
		case <-l.wake:
			rest.Stop()
		}
	}
}

func (l *link) inHaste() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hasty > 0
}

// take returns a connection that is the caller's until it gives it back. A patient
// taker waits until there is one; another waits for one attempt to connect, at
// least, and returns why it failed.
func (l *link) take(ctx context.Context, patient bool) (*conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !patient {
		l.hasty++
		defer func() { l.hasty-- }()
	}
	attempt := l.begun + 1 // which answers for us if it fails
	if l.begun > l.finish {
		attempt = l.begun // it is under way
	}
	for {
		switch c := l.idle; {
		case l.stopped:
			return nil, transport.ErrClosed
		case c != nil && !c.over():
			l.idle = nil
			l.out = true
			l.wakeUp()
			return c, nil
		case c == nil && !patient && l.finish >= attempt:
			if l.failure != nil {
				return nil, l.failure
			}
			attempt = l.begun + 1 // another took it
		}
		l.wakeUp()
		if err := l.await(ctx); err != nil {
			if l.failure != nil { // says more
				err = l.failure
			}
			return nil, err
		}
	}
}

// deliver implements wire.
func (l *link) deliver(ctx context.Context, chunk *chunk, patient bool) (sure, doubtful int, err error) {
	c, err := l.take(ctx, patient)
	if err != nil {
		return 0, 0, plain(err)
	}
	written, err := c.deliver(ctx, chunk.buf, l.cfg.Confirm, l.cfg.Timeout)
	kept, next := l.give(c, err == nil)
	switch {
	case kept:
	case written < len(chunk.buf):
		c.abort()
	default:
		c.close()
	}
	if err == nil && l.cfg.Confirm == ConfirmClose {
		err = l.successor(ctx, next)
	}
	if err != nil {
		return 0, chunk.written(written), err
	}
	return len(chunk.units), len(chunk.units), nil
}

// successor waits for the attempt to connect that follows a delivery. A process that
// was killed right after it read the lines, and before it did anything with them, has
// its connections ended like one that was done with them. But then nobody listens
// any more: that a new connection is taken says that it lived on.
func (l *link) successor(ctx context.Context, attempt uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.finish < attempt {
		if l.stopped {
			return transport.ErrClosed
		}
		if err := l.await(ctx); err != nil {
			return err
		}
	}
	switch {
	case l.failed < attempt:
		return nil
	case l.failure == nil: // by now another process listens
		return errPeerGone
	}
	return fmt.Errorf("%w: %w", errPeerGone, plain(l.failure))
}

// await waits for a change. It is called under the lock, which it gives up meanwhile.
func (l *link) await(ctx context.Context) error {
	changed := l.changed
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give ends what take began, and reports whether c is idle again, else the caller
// closes it, and the number of the next attempt to connect.
func (l *link) give(c *conn, delivered bool) (kept bool, next uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = false
	l.good = l.good || delivered
	if !delivered {
		l.up = l.idle != nil
	}
	if kept = delivered && !c.unfit && l.cfg.Confirm != ConfirmClose && l.idle == nil && !l.stopped; kept {
		l.idle = c
	}
	l.notify()
	l.wakeUp()
	return kept, l.begun + 1
}

// connected reports whether the last attempt to connect, and what was done with the
// connection since, went well.
func (l *link) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
}

// ready waits until connected.
func (l *link) ready(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.up {
		if l.stopped {
			return transport.ErrClosed
		}
		if err := l.await(ctx); err != nil {
			if l.failure != nil { // says more
				err = plain(l.failure)
			}
			return err
		}
	}
	return nil
}

// stop closes the idle connection; nothing is given out any more.
func (l *link) stop() {
	l.mu.Lock()
	c := l.idle
	l.idle, l.up, l.stopped = nil, false, true
	l.notify()
	l.mu.Unlock()
	if c != nil {
		c.close()
	}
}

// notify and wakeUp are called under the lock.
func (l *link) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
