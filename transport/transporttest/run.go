package transporttest

import (
	"testing"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Run checks what newT makes against the contract of [transport.Transport], one
// subtest for each rule. newT is called at least once for each of them, and
// cleans up behind itself with t.Cleanup; a transport it returns must find a
// healthy peer.
func Run(t *testing.T, newT func(t *testing.T) transport.Transport, opts ...Option) {
	t.Helper()
	cfg := newConfig(opts)
	for _, c := range checks(cfg) {
		t.Run(c.name, func(t *testing.T) {
			label := newLabel()
			// Registered first, so it runs when newT's own cleanups are done.
			t.Cleanup(func() { reportLeaks(label, cfg, t.Errorf) })
			labelled(label, func() {
				runCheck(c, cfg, func() transport.Transport { return newT(t) }, t.Errorf)
			})
		})
	}
}

// check is one rule of the contract.
type check struct {
	name string
	run  func(e *env)
}

func checks(cfg *config) []check {
	all := []check{
		{"delivers every point in order", deliversInOrder},
		{"keeps nothing of a batch", keepsNothing},
		{"takes an empty batch", takesEmpty},
		{"carries strange names and tags", carriesStrangeNames},
		{"carries extreme values", carriesExtremeValues},
		{"obeys a cancelled context", obeysContext},
		{"closes twice", closesTwice},
		{"closes within its context", closesInTime},
		{"refuses to send when closed", refusesWhenClosed},
		{"survives Close beside Send", closesBesideSend},
		{"shares nothing with its twin", sharesNothing},
		{"describes itself the same each time", describesItself},
		{"spells names the same each time", spellsNames},
		{"tells series apart the same each time", tellsSeriesApart},
		{"takes events and service checks", takesNotices},
		{"obeys a cancelled context with events and checks", obeysContextWithNotices},
		{"refuses events and checks when closed", refusesNoticesWhenClosed},
	}
	if cfg.down != nil {
		all = append(all,
			check{"survives an outage of its peer", survivesOutage},
			check{"survives an outage with events and checks", survivesOutageWithNotices})
	}
	return all
}

// Option tells [Run] more about the transport.
type Option func(*config)

type config struct {
	received     func(transport.Transport) []Flat
	arrives      func(Flat) Flat
	withinSeries bool
	down, up     func(transport.Transport)
	within       time.Duration
	notices      func(transport.Transport) []Notice

	noticesArrive func(Notice) Notice
	hostileTime   time.Duration
}

func newConfig(opts []Option) *config {
	cfg := &config{within: 30 * time.Second, hostileTime: hostileTime}
	for _, o := range opts {
		o(cfg)
	}
	return cfg
}

// Received says how to read back, in order, all that arrived so far at the peer
// of a transport that newT made. The suite then compares it with what was sent.
func Received(f func(transport.Transport) []Flat) Option {
	return func(c *config) { c.received = f }
}

// ReceivedNotices says how to read back, in order, all events and service checks
// that arrived so far at the peer of a transport. A transport is sent only those
// that its Description says it takes.
func ReceivedNotices(f func(transport.Transport) []Notice) Option {
	return func(c *config) { c.notices = f }
}

// NoticesArrive says how an event or a service check that was sent looks when it
// arrives, for a wire that does not carry everything. Tags have gone through
// [transport.WireNamer] before.
func NoticesArrive(f func(Notice) Notice) Option {
	return func(c *config) { c.noticesArrive = f }
}

// Arrives says how a point that was sent looks when it arrives, for a wire that
// does not carry everything: f clears or rounds what gets lost. Names and tags
// have gone through [transport.WireNamer] before.
func Arrives(f func(Flat) Flat) Option {
	return func(c *config) { c.arrives = f }
}

// OrderedWithinSeries is for a wire with more than one channel: points are
// compared without regard to the order of one series to another.
func OrderedWithinSeries() Option {
	return func(c *config) { c.withinSeries = true }
}

// Outage says how to take the peer of a transport away and bring it back. While
// it is away a Send must end as Retry or Unknown; when it is back, it must
// arrive.
func Outage(down, up func(transport.Transport)) Option {
	return func(c *config) { c.down, c.up = down, up }
}

// Within bounds each single call and each wait for what was sent to arrive;
// 30 s if it is not given. Time in which the machine did not run the tests is not
// counted, except in the contexts of calls, which end after half of it.
func Within(d time.Duration) Option {
	return func(c *config) { c.within = d }
}
