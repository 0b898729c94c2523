package lambdastats

import (
	"context"
	"log/slog"
	"time"
)

// Defaults.
const (
	defaultFlushTimeout = 5 * time.Second
	// defaultBlindTimeout bounds a flush where the invocation's deadline is not
	// known. A function that nobody configured is ended after 3 s.
	defaultBlindTimeout = 2 * time.Second
	defaultMargin       = 100 * time.Millisecond
	// warmTimeout bounds a warm-up. A connection that takes longer to open would
	// miss the first flush anyway.
	warmTimeout = 5 * time.Second
)

// Option configures a wrapper.
type Option interface{ apply(*config) }

type option func(*config)

func (o option) apply(c *config) { o(c) }

type config struct {
	timeout, blind time.Duration
	margin         time.Duration
	warmer         Warmer
	logger         *slog.Logger // nil: slog.Default at the time
}

func configure(opts []Option) config {
	c := config{timeout: defaultFlushTimeout, blind: defaultBlindTimeout, margin: defaultMargin}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	return c
}

// WithFlushTimeout sets how long a flush may hold an answer back, whatever the
// invocation's deadline. Default, and what 0 or less stands for: 5 s, and 2 s where
// the deadline is not known, as in a handler without a context. A backend that does
// not answer holds an answer back that long; while it refuses, or the key is wrong,
// a flush waits only if a further attempt is due in that time.
func WithFlushTimeout(d time.Duration) Option {
	return option(func(c *config) {
		c.timeout, c.blind = defaultFlushTimeout, defaultBlindTimeout
		if d > 0 {
			c.timeout, c.blind = d, d
		}
	})
}

// WithMargin sets how long before the invocation's deadline a flush ends, so that
// the answer still gets out. If less than two margins are left, the flush has half
// of what is left. If nothing is left it hands out without waiting: what it takes
// goes with the next invocation. Default: 100 ms; 0 or less stands for that.
func WithMargin(d time.Duration) Option {
	return option(func(c *config) {
		c.margin = defaultMargin
		if d > 0 {
			c.margin = d
		}
	})
}

// Warmer is what can open a connection ahead of its use: *datadog.Transport is one.
type Warmer interface {
	// Validate makes a request that changes nothing. It is called in a goroutine of
	// its own and must obey ctx.
	Validate(ctx context.Context) error
}

// WithWarmer has w.Validate called once, in the background, at the wrapper's first
// invocation: while the handler does its work the connection is opened that the
// flush needs. Nobody waits for it. Its context ends with the first invocation's
// flush, at its deadline, or after 5 s, whichever comes first. An error before that
// is logged and nothing else: the flush tries for itself. nil warms nothing.
func WithWarmer(w Warmer) Option {
	return option(func(c *config) { c.warmer = w })
}

// WithLogger sets where errors of flushes and warm-ups go, and wrong handlers.
// Default, and what nil stands for: slog.Default().
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config) { c.logger = l })
}

func (c *config) log() *slog.Logger {
	if c.logger != nil {
		return c.logger
	}
	return slog.Default()
}

// limit returns how long a flush may take from now on, in an invocation with this
// context. 0 or less means that there is no time to wait for anything.
func (c *config) limit(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return c.blind
	}
	left := time.Until(deadline)
	return min(c.timeout, max(left-c.margin, left/2))
}
