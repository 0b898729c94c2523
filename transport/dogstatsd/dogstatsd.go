package dogstatsd

import (
	"context"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// Transport sends DogStatsD lines. Make it with [New].
type Transport struct {
	timestamps bool
	disabled   bool
	peer       *peer
	closed     atomic.Bool

	// Owned by Send.
	encoder *encoder
	attempt attempt
	resume  resume
}

// New returns a transport for cfg, or all that is wrong with cfg. It makes no
// connection yet.
func New(cfg Config) (*Transport, error) {
	cfg, addr, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.DetectContainer && cfg.ContainerID == "" && cfg.EntityID == "" {
		cfg.ContainerID = detectContainer("/")
	}
	t := &Transport{timestamps: cfg.Timestamps, disabled: cfg.Disabled, peer: newPeer(addr, cfg)}
	t.encoder = newEncoder(cfg, t.write)
	return t, nil
}

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{
		Name: "dogstatsd", Summaries: true, Sketches: true, Members: true, Events: true, Checks: true,
		Untimed: !t.timestamps,
	}
}

// Temporality implements [transport.TemporalityReporter]: receivers add up what
// arrives, but counts, gauges and rates that carry their time replace each other.
func (t *Transport) Temporality(k transport.Kind) transport.Temporality {
	if t.timestamps && (k == transport.KindCount || k == transport.KindGauge || k == transport.KindRate) {
		return transport.Overwrite
	}
	return transport.Additive
}

// Close makes each later Send fail and closes the connection.
func (t *Transport) Close(context.Context) error {
	t.closed.Store(true)
	t.peer.close()
	return nil
}
