package flush

import (
	"cmp"
	"slices"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// rates makes the values of rates from their samples: the difference of the last
// two of a series over the time between them, in the bucket of the later one. The
// last sample is kept over flushes. All of it is under Flusher.mu.
type rates struct {
	// fresh are the samples of this drain, in no order: each shard has a log.
	fresh []rateSample
	last  map[shard.ID]rateSample // the newest one used
	seq   uint64                  // of the values made
}

// rateSample is the value of something that only grows, and when it was read.
type rateSample struct {
	id    shard.ID
	key   uint64 // whose it is; ids are reused
	nanos int64
	seq   uint64 // order of submission
	value float64
	start int64 // of its bucket
}

// addRate notes a sample; settleRates makes something of it.
func (v *fold) addRate(start int64, r *shard.Timed) {
	v.rates.fresh = append(v.rates.fresh, rateSample{r.ID, v.cfg.Catalog.Series(r.ID).Key, r.N, r.Seq, r.Value, start})
}

// settleRates uses the samples of a drain, each series' in the order of time. A
// sample older than one already used is counted as late_gauge. One at the same
// time, or with a smaller value, gives no rate and is counted as bad_value; after
// a smaller one the rate starts from there. Under f.mu.
func (f *Flusher) settleRates() {
	r := &f.rates
	if len(r.fresh) == 0 {
		return
	}
	slices.SortFunc(r.fresh, func(a, b rateSample) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.nanos, b.nanos), cmp.Compare(a.seq, b.seq))
	})
	for i := range r.fresh {
		f.settleRate(&r.fresh[i])
	}
	r.fresh = r.fresh[:0]
}

func (f *Flusher) settleRate(s *rateSample) {
	r, id := &f.rates, s.id
	before, known := r.last[id]
	switch {
	case !known || before.key != s.key: // the first one: nothing to compare with
		r.last[id] = *s
		return
	case s.nanos < before.nanos:
		f.cfg.Refused(transport.ReasonLateGauge, 1)
		return
	case s.nanos == before.nanos:
		f.cfg.Refused(transport.ReasonBadValue, 1)
		return
	}
	r.last[id] = *s
	perSecond := (s.value - before.value) / (float64(s.nanos-before.nanos) / 1e9)
	if s.value < before.value || perSecond-perSecond != 0 {
		f.cfg.Refused(transport.ReasonBadValue, 1)
		return
	}
	r.seq++
	f.content(s.start).SetTimedGauge(id.Row(), id.Slot(), perSecond, r.seq)
}

// content returns what takes new content for the bucket that starts at start.
func (f *Flusher) content(start int64) *rollup.Bucket {
	if b := f.buckets.last; b != nil && b.start == start {
		return b.fresh
	}
	return f.open(start).fresh
}
