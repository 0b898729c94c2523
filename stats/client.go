package stats

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Client takes submissions, rolls them up by time and hands the buckets to its
// transports. All methods may be called by any number of goroutines at once. On
// a nil or zero *Client every method discards.
//
// A series that was not submitted for WithIdleExpiry gives its memory back and
// starts afresh at its next submission.
type Client struct {
	core      *core
	namespace string
	tags      []string // cleaned, sorted, distinct
	order     []string // the same in the order given: its own, those of its parents, constant ones
	host      hostName
	base      *Client // of a client that OnHost made: the one it was called on

	// Of the spellings; see settle.
	common *flush.Common // tells them from those of other clients
	seed   uint64        // keeps them apart in the table
	nameAt int           // where a name begins in Own
}

// core is what a client and its children share.
type core struct {
	cfg      config
	store    *shard.Store
	registry *registry
	flusher  *flush.Flusher
	root     *Client
	started  time.Time
	refused  [len(doorReasons)]atomic.Uint64
	refusals refusals

	gaugeFuncs gaugeFuncs
}

// doorReasons are the reasons counted by the client itself.
var doorReasons = [...]transport.Reason{
	transport.ReasonBadValue,
	transport.ReasonBadName,
	transport.ReasonBadRate,
	transport.ReasonTooOld,
	transport.ReasonTooNew,
	transport.ReasonSeriesLimit,
	transport.ReasonAfterStop,
	transport.ReasonSetFull,          // at the merge: the store counts its own
	transport.ReasonDistributionFull, // likewise
	transport.ReasonLateGauge,        // a sample of a Rate
}

// New returns a client that accepts submissions at once. Unless WithManualFlush
// is given it has started a goroutine that swaps and flushes, and one for each
// transport; Shutdown or Close ends them. The error joins one complaint for each
// option that is wrong.
func New(opts ...Option) (*Client, error) {
	cfg, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if cfg.disabled {
		return new(Client), nil
	}
	co := &core{cfg: *cfg, started: cfg.clock.Now()}
	co.root = &Client{
		core: co, namespace: cfg.namespace, tags: cfg.tags, order: cfg.order,
		host: cfg.host,
	}
	co.root.settle()
	co.registry = newRegistry(co)
	co.store = shard.New(shard.Config{
		Shards:             cfg.shards,
		ReservoirSize:      cfg.reservoirSize,
		ReservoirSizes:     cfg.reservoirSizes(),
		DistributionValues: cfg.distributionValues,
		SetMembers:         cfg.setMembers,
		TimedBytes:         cfg.timedBytes,
		Seed:               rand.Uint64(),
		Wake:               co.wake,
	})
	if co.flusher, err = flush.New(co.flushConfig()); err != nil {
		return nil, err
	}
	if co.flusher.Sketches() {
		co.store.SpillDistributions()
	}
	if !cfg.manual {
		co.flusher.Start()
	}
	return co.root, nil
}

func (co *core) flushConfig() flush.Config {
	cfg := &co.cfg
	return flush.Config{
		Store:              co.store,
		Catalog:            co.registry,
		Clock:              cfg.clock,
		Rollup:             cfg.rollup,
		Interval:           cfg.interval,
		Jitter:             cfg.jitter,
		Manual:             cfg.manual,
		LateWindow:         cfg.lateWindow,
		MaxPast:            cfg.maxPast,
		MaxAhead:           cfg.maxAhead,
		MaxBuckets:         cfg.maxBuckets,
		RunningSeries:      max(defaultRunningSeries, 4*cfg.seriesLimit),
		ReservoirSize:      cfg.reservoirSize,
		DistributionValues: cfg.distributionValues,
		SketchValues:       defaultSketchValues,
		SetMembers:         cfg.setMembers,
		Percentiles:        cfg.percentiles,
		Aggregates:         cfg.aggregates,
		Metrics:            cfg.metricsForFlush(),
		BeforeSwap:         co.sampleGauges,
		Transports:         cfg.transports,
		Log:                cfg.logger,
		OnError:            cfg.onError,
		Refused:            co.refuseMany,
	}
}

// wake tells the flusher that a log fills up. A submitter may call it before
// New has returned to anybody; there is no flusher yet then, and no need.
func (co *core) wake() {
	if f := co.flusher; f != nil {
		f.Wake()
	}
}

func (co *core) now() time.Time { return co.cfg.clock.Now() }

func (co *core) refuse(reason transport.Reason) { co.refuseMany(reason, 1) }

func (co *core) refuseMany(reason transport.Reason, n uint64) {
	if i := slices.Index(doorReasons[:], reason); i >= 0 {
		co.refused[i].Add(n)
	}
}

// settle is the end of making a client: from here on nothing of it changes.
func (c *Client) settle() {
	c.common = &flush.Common{Tags: c.tags, Host: c.host.name, HostSet: c.host.set, Device: c.core.cfg.device, Mark: c}
	c.seed = rand.Uint64()
	c.nameAt = 0
	if c.namespace != "" {
		c.nameAt = len(c.namespace) + 1
	}
}

// live reports whether c takes submissions at all.
func (c *Client) live() bool { return c != nil && c.core != nil }

// With returns a child that adds tags to every submission. It shares everything
// else with c: Flush, Shutdown, Close and Ledger act on the whole. Keep the
// child; each one made has to meet its series anew.
func (c *Client) With(tags ...string) *Client {
	if !c.live() {
		return c
	}
	child := *c
	child.tags, child.order = cleanTags(tags, c.tags), inOrder(tags, c.order)
	child.base = nil
	child.settle()
	return &child
}

// WithNamespace returns a child whose names are prefixed: "b" under "a" gives
// "a.b." before the name. An empty namespace changes nothing.
func (c *Client) WithNamespace(namespace string) *Client {
	if !c.live() || namespace == "" {
		return c
	}
	child := *c
	child.namespace = joinName(c.namespace, namespace)
	child.base = nil
	child.settle()
	return &child
}
