package statsd

import (
	"context"

	"github.com/shardstats/shardstats/transport"
)

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
	written, err := l.carry(ctx, c, chunk.buf)
	switch {
	case l.give(c, err == nil):
	case written > 0 && written < len(chunk.buf):
		c.abort()
	default:
		c.close()
	}
	if err != nil {
		return 0, chunk.written(written), err
	}
	return len(chunk.units), len(chunk.units), nil
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
// closes it.
func (l *link) give(c *conn, delivered bool) (kept bool) {
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
	return kept
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
