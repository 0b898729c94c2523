package replay

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// Config says how the client of a replay is made. The zero value fits a log: both
// profiles, and the defaults of ThreadStats.
type Config struct {
	// Profiles are those that the submissions go out under, each to an endpoint of
	// its own. Default: ThreadStats and the default one.
	Profiles []stats.Profile

	Namespace string
	Tags      []string // constant tags
	Device    string
	Disabled  bool
	// Env, if it is not nil, is all that stats.FromEnv finds in the environment.
	// nil: the environment is not looked at. While Open makes the client, the
	// process's environment is changed to this; do not read it meanwhile.
	Env map[string]string

	Rollup        time.Duration // default 10 s; whole seconds
	FlushInterval time.Duration // default 10 s; only the default of LateWindow depends on it
	// LateWindow is how long a bucket that was sent is kept for late points, by the
	// clock of the log. Default: two flush intervals.
	LateWindow time.Duration

	// FillHost is the host of events, and of series whose host is "". Default: none.
	FillHost string

	// Logger gets what the library logs. Default: nothing.
	Logger *slog.Logger
}

// Limits of a replay: a comparison should not end at a bound that a service
// would have.
const (
	seriesLimit  = 1 << 20
	queueBatches = 1 << 20
	queueBytes   = 1 << 30
)

func (c Config) withDefaults() Config {
	if len(c.Profiles) == 0 {
		c.Profiles = []stats.Profile{stats.ProfileThreadStats, stats.ProfileDefault}
	}
	c.Rollup = cmp.Or(c.Rollup, 10*time.Second)
	c.FlushInterval = cmp.Or(c.FlushInterval, 10*time.Second)
	c.LateWindow = cmp.Or(c.LateWindow, 2*c.FlushInterval)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// options returns what stats.New gets beside its transports.
func (c Config) options(clock stats.Clock) []stats.Option {
	opts := []stats.Option{
		stats.WithManualFlush(),
		stats.WithClock(clock),
		stats.WithMaxAge(0, 0), // a log may be of any age
		stats.WithNamespace(c.Namespace),
		stats.WithTags(c.Tags...),
		stats.WithDevice(c.Device),
		stats.WithRollupInterval(c.Rollup),
		stats.WithFlushInterval(c.FlushInterval),
		stats.WithLateWindow(c.LateWindow),
		stats.WithSeriesLimit(seriesLimit),
		stats.WithLogger(c.Logger),
	}
	if c.Env != nil {
		opts = append(opts, stats.FromEnv())
	}
	if c.Disabled {
		opts = append(opts, stats.WithDisabled())
	}
	return opts
}
