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
	v.addMember(v.bucket(v.into), id, member)
}

// Observations implements [shard.Visitor]. A bank that a submitter held goes
// into the bucket of its own generation.
func (v *fold) Observations(id shard.ID, gen shard.Generation, o *shard.Observations) {
	start, ok := v.starts[gen]
	if !ok {
		start = v.into
	}
	series := v.cfg.Catalog.Series(id)
	if series.Kind == transport.KindDistribution {
		v.addValues(start, id, o.Samples, 1)
		return
	}
	v.bucket(start).AddObservations(id.Row(), id.Slot(), series.reservoir(), o.Count, o.Sum, o.Min, o.Max, o.Samples, o.Sampled)
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
	row, slot := r.ID.Row(), r.ID.Slot()
	weight := r.Weight
	if weight == 0 {
		weight = 1
	}
	series := v.cfg.Catalog.Series(r.ID)
	switch series.Kind {
	case transport.KindCount:
		v.bucket(start).AddCount(row, slot, r.N, r.Value)
	case transport.KindGauge:
		v.bucket(start).SetTimedGauge(row, slot, r.Value, r.Seq)
	case transport.KindSet:
		v.addMember(v.bucket(start), r.ID, r.Member)
	case transport.KindDistribution:
		v.addValues(start, r.ID, []float64{r.Value}, weight)
	case transport.KindRate:
		v.addRate(start, r)
	default:
		v.bucket(start).Observe(row, slot, series.reservoir(), r.Value, weight)
	}
}

func (v *fold) addMember(b *rollup.Bucket, id shard.ID, member string) {
	if !b.AddMember(id.Row(), id.Slot(), member) {
		v.cfg.Refused(transport.ReasonSetFull, 1)
	}
}

func (v *fold) addValues(start int64, id shard.ID, values []float64, weight float64) {
	if len(values) == 0 {
		return
	}
	if n := v.bucket(start).AddValues(id.Row(), id.Slot(), values, weight); n > 0 {
		v.cfg.Refused(transport.ReasonDistributionFull, uint64(n))
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

// bucket returns what takes new content for the bucket that starts at start.
func (v *fold) bucket(start int64) *rollup.Bucket { return (*Flusher)(v).content(start) }
