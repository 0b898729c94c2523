package stats

import (
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"reflect"
	"runtime"
	"time"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

// config is what the options set. It is copied into the core and not changed
// after New.
type config struct {
	transports []flush.TransportConfig

	interval, rollup  time.Duration
	intervalSet       bool
	jitter            time.Duration
	jitterSet         bool
	lateWindow        time.Duration
	lateWindowSet     bool
	maxPast, maxAhead time.Duration
	maxAgeSet         bool
	idleExpiry        time.Duration

	namespace string
	rawTags   []string
	tags      []string // cleaned, sorted, distinct
	order     []string // the same in the order given
	ordered   bool     // some transport wants the tags of its series in that order
	host      hostName
	hostGiven bool // by WithHost or WithoutHost
	fromEnv   bool
	device    string

	profile Profile
	metrics []*metric // sorted: see sortMetrics

	percentiles []float64
	aggregates  []Aggregate

	tuning string // the file of WithTuning
	tuned  bool   // it was given

	shards             int
	shardsSet          bool
	reservoirSize      int
	reservoirSet       bool
	seriesLimit        int
	maxBuckets         int
	setMembers         int
	distributionValues int
	timedBytes         int

	manual, disabled bool
	clock            Clock
	logger           *slog.Logger
	onError          func(error)
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// configure applies the options to the defaults and checks everything once.
func configure(opts []Option) (*config, error) {
	c := &config{
		interval:           defaultFlushInterval,
		rollup:             defaultRollupInterval,
		maxPast:            defaultMaxPast,
		maxAhead:           defaultMaxAhead,
		idleExpiry:         defaultIdleExpiry,
		profile:            ProfileDefault,
		shards:             1 << bits.Len(uint(runtime.GOMAXPROCS(0)-1)),
		reservoirSize:      defaultReservoirSize,
		seriesLimit:        defaultSeriesLimit,
		maxBuckets:         defaultBuckets,
		setMembers:         defaultSetMembers,
		distributionValues: defaultDistributionValues,
		timedBytes:         defaultTimedBytes,
		clock:              wallClock{},
		logger:             slog.Default(),
	}
	c.shards = min(c.shards, maxShards)
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if c.disabled {
		return c, nil
	}
	if c.fromEnv {
		c.applyEnv()
	}
	var untuned error
	if c.tuned {
		untuned = c.applyTuning()
	}
	err := errors.Join(untuned, c.check())
	if !c.jitterSet {
		c.jitter = c.interval / defaultJitterShare
	}
	if !c.lateWindowSet {
		c.lateWindow = defaultLateFlushes * c.interval
	}
	if c.onError == nil {
		c.onError = func(error) {} // it was logged
	}
	c.tags, c.order = cleanTags(c.rawTags, nil), inOrder(c.rawTags, nil)
	if c.namespace != "" {
		c.namespace = clean(c.namespace)
	}
	c.host.name, c.device = clean(c.host.name), clean(c.device)
	c.applyProfile()
	c.sortMetrics()
	if err == nil {
		c.shards = 1 << bits.Len(uint(c.shards-1))
	}
	return c, err
}

// check returns one error for each setting that is wrong, joined.
func (c *config) check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf("stats: "+format, args...)) }
	within := func(option string, d, low, high time.Duration) {
		if d < low || d > high {
			complain("%s(%v): give a time from %v to %v", option, d, low, high)
		}
	}
	atLeast := func(option string, n, low, high int) {
		if n < low || n > high {
			complain("%s(%d): give a number from %d to %d", option, n, low, high)
		}
	}
	within("WithFlushInterval", c.interval, minFlushInterval, maxFlushInterval)
	within("WithRollupInterval", c.rollup, minRollupInterval, maxRollupInterval)
	if c.rollup%time.Second != 0 {
		complain("WithRollupInterval(%v): give whole seconds, since timestamps have no finer unit", c.rollup)
	}
	if c.jitter < 0 || c.jitter > c.interval {
		complain("WithFlushJitter(%v): give a time from 0 to the flush interval, %v", c.jitter, c.interval)
	}
	if c.lateWindow < 0 {
		complain("WithLateWindow(%v): give 0 or more", c.lateWindow)
	}
	if c.maxPast < 0 || c.maxAhead < 0 {
		complain("WithMaxAge(%v, %v): give 0 (any age) or more", c.maxPast, c.maxAhead)
	}
	within("WithIdleExpiry", c.idleExpiry, time.Second, 365*24*time.Hour)
	atLeast("WithShards", c.shards, 1, maxShards)
	atLeast("WithReservoirSize", c.reservoirSize, 1, maxReservoirSize)
	atLeast("WithSeriesLimit", c.seriesLimit, 1, maxSeriesLimit)
	checkPercentiles("WithPercentiles", c.percentiles, complain)
	checkAggregates("WithAggregates", c.aggregates, complain)
	for _, m := range c.metrics {
		m.check(complain)
	}
	checkProfile("WithProfile", c.profile, complain)
	if c.clock == nil {
		complain("WithClock(nil): give a clock, or leave the option out")
	}
	if c.logger == nil {
		complain("WithLogger(nil): give a logger, or leave the option out")
	}
	c.checkTransports(complain)
	return errors.Join(errs...)
}

// firstWith returns the number of the first transport that is the same instance as t.
func (c *config) firstWith(t transport.Transport) int {
	pointer := func(t transport.Transport) any {
		if v := reflect.ValueOf(t); v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 {
			return v.Pointer()
		}
		return nil // without a state of its own
	}
	for i, other := range c.transports {
		if p := pointer(t); p != nil && reflect.TypeOf(t) == reflect.TypeOf(other.Transport) && p == pointer(other.Transport) {
			return i
		}
	}
	return len(c.transports)
}

func (c *config) checkTransports(complain func(string, ...any)) {
	if len(c.transports) == 0 {
		complain("no transport: give WithTransport, or WithDisabled for a client that discards")
	}
	for i, t := range c.transports {
		if t.Transport == nil {
			complain("WithTransport: transport %d is nil", i+1)
		} else if first := c.firstWith(t.Transport); first < i {
			complain("WithTransport: transport %d is transport %d again, whose Send would run twice at once: make one for each", i+1, first+1)
		}
		if t.QueueBatches < 1 || t.QueueBytes < 1 {
			complain("Queue(%d, %d) of transport %d: give at least 1 batch and 1 byte", t.QueueBatches, t.QueueBytes, i+1)
		}
		if t.Profile != 0 {
			checkProfile("UseProfile", t.Profile, complain)
		}
	}
}
