package flush

import (
	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// fold is the flusher as the visitor of a drain: it puts what the drain finds
// into the buckets. Its methods run under Flusher.mu.
type fold Flusher

// Count implements [shard.Visitor].
func (v *fold) Count(id shard.ID, n int64, f float64) {
	v.bucket(v.into).AddCount(id.Row(), id.Slot(), n, f)
}

// Gauge implements [shard.Visitor].
func (v *fold) Gauge(id shard.ID, value float64) {
	v.bucket(v.into).SetGauge(id.Row(), id.Slot(), value)
}

// Member implements [shard.Visitor].
func (v *fold) Member(id shard.ID, member string) {
	if !v.bucket(v.into).AddMember(id.Row(), id.Slot(), member) {
		v.cfg.Refused(transport.ReasonSetFull, 1)
	}
}

// Observations implements [shard.Visitor]. A bank that a submitter held goes
// into the bucket of its own generation.
func (v *fold) Observations(id shard.ID, gen shard.Generation, o *shard.Observations) {
	start, ok := v.starts[uint64(gen)]
	if !ok {
		start = v.into
	}
	b := v.bucket(start)
	if v.isDistribution(id) {
		v.dropValues(b.AddValues(id.Row(), id.Slot(), o.Samples))
		return
	}
	b.AddObservations(id.Row(), id.Slot(), o.Count, o.Sum, o.Min, o.Max, o.Samples, o.Sampled)
}

// Timed implements [shard.Visitor].
func (v *fold) Timed(r *shard.Timed) {
	start := v.into
	if !r.Untimed {
		if reason, bad := v.outOfAge(r.UnixSec); bad {
			v.cfg.Refused(reason, 1)
			return
		}
		start = rollup.Align(r.UnixSec, v.rollup)
	}
	b, row, slot := v.bucket(start), r.ID.Row(), r.ID.Slot()
	switch v.cfg.Catalog.Series(r.ID).Kind {
	case transport.KindCount:
		b.AddCount(row, slot, r.N, r.Value)
	case transport.KindGauge:
		b.SetTimedGauge(row, slot, r.Value, r.Seq)
	case transport.KindSet:
		if !b.AddMember(row, slot, r.Member) {
			v.cfg.Refused(transport.ReasonSetFull, 1)
		}
	case transport.KindDistribution:
		v.dropValues(b.AddValues(row, slot, []float64{r.Value}))
	default:
		b.Summary(row, slot).Observe(b, r.Value)
	}
}

// outOfAge judges a timestamp by the accepted age.
func (v *fold) outOfAge(unix int64) (transport.Reason, bool) {
	now := v.now.Unix()
	switch {
	case v.cfg.MaxPast > 0 && unix < now-int64(v.cfg.MaxPast.Seconds()):
		return transport.ReasonTooOld, true
	case v.cfg.MaxAhead > 0 && unix > now+int64(v.cfg.MaxAhead.Seconds()):
		return transport.ReasonTooNew, true
	}
	return "", false
}

func (v *fold) isDistribution(id shard.ID) bool {
	return v.cfg.Catalog.Series(id).Kind == transport.KindDistribution
}

func (v *fold) dropValues(n int) {
	if n > 0 {
		v.cfg.Refused(transport.ReasonDistributionFull, uint64(n))
	}
}

// bucket returns what takes new content for the bucket that starts at start.
func (v *fold) bucket(start int64) *rollup.Bucket {
	f := (*Flusher)(v)
	if b := f.buckets.last; b != nil && b.start == start {
		return b.fresh
	}
	return f.open(start).fresh
}
