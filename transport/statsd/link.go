package statsd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// link keeps a TCP connection to the server ready, whatever happens to the one
// before. A delivery takes it; what it took belongs to it alone, so that lines of
// one never follow half a line of another. One connection at a time carries lines.
//
//	run:      dial ──► idle ──► taken, or lost ──► pause, if it failed ──► dial
//	deliver:      take ──► write and confirm ──► give back, or close
//
// With ConfirmClose a connection serves one delivery.
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
	stopped bool          // nothing is given out any more
	changed chan struct{} // closed and replaced when takers should look again

	pauses backoff.ExponentialBackOff // owned by run
}

func newLink(cfg *Config) *link {
	// ExponentialBackOff picks from interval·(1 ± factor); pause holds that within
	// the bounds.
	l := &link{
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
	// GODEBUG=multipathtcp=1 would turn it on. A peer's kernel then throws away without
	// a reset what comes after its process has ended the connection.
	l.dialer.SetMultipathTCP(false)
	return l
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

	c, err := l.dial(ctx, l.cfg.Address)

	l.mu.Lock()
	l.finish++
	before := l.up
	l.up, l.failure, l.idle = err == nil, err, c
	l.notify()
	l.mu.Unlock()
	if ctx.Err() == nil {
		l.logConnect(before, err)
	}
	return err == nil
}

func (l *link) dial(ctx context.Context, address string) (*conn, error) {
	nc, err := l.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp, ok := nc.(*net.TCPConn)
	if !ok { // no platform does that
		_ = nc.Close()
		return nil, errors.ErrUnsupported
	}
	return newConn(tcp), nil
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
