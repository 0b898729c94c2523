package flush

import (
	"slices"
	"time"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// running is what a view remembers of series from one hand-out to the next, and
// longer than they live: the totals of a backend that wants totals, and how new
// what it has is. It belongs to the flusher.
//
// At its bound the half that was not touched for longest is forgotten. A total then
// starts again from nothing if its series comes back, which such backends know as the
// restart of a process.
type running struct {
	limit  int
	full   int                       // at so many the bound is looked at again
	series map[uint64]*runningSeries // by identity in the view
	owed   []owing                   // since the last hand-out of what is due
	ages   []int64                   // scratch
}

// runningSeries is one of them.
type runningSeries struct {
	known   bool   // the times are valid
	bucket  int64  // start of the newest bucket sent
	number  uint64 // of that bucket; 0 if the clock was set back behind it
	last    int64  // newest time sent; a backend wants ever newer ones
	touched int64  // Unix seconds
	total   rollup.Total
	owed    bool    // the total has grown by a late part since it was sent
	listed  bool    // it is in running.owed, where it stays if it is sent otherwise
	min     float64 // of that part
	max     float64
}

// owing is a total with a late part, which may not come with the time of its bucket.
type owing struct {
	run    *runningSeries
	key    unitKey
	series *Series
}

const defaultRunningSeries = 100_000

func newRunning(limit int) *running {
	if limit == 0 {
		limit = defaultRunningSeries
	}
	return &running{limit: limit, full: limit, series: map[uint64]*runningSeries{}}
}

// of returns what is remembered of an identity.
func (r *running) of(identity uint64, now time.Time) *runningSeries {
	run := r.series[identity]
	if run == nil {
		if len(r.series) >= r.full {
			r.forget()
			r.full = max(r.limit, len(r.series)+r.limit/2) // more only if all of them are owed
		}
		run = &runningSeries{}
		r.series[identity] = run
	}
	run.touched = now.Unix()
	return run
}

// forget makes room for half of the bound. What is owed stays until it is sent.
func (r *running) forget() {
	r.ages = r.ages[:0]
	for _, run := range r.series {
		r.ages = append(r.ages, run.touched)
	}
	slices.Sort(r.ages)
	middle, excess := r.ages[len(r.ages)/2], len(r.series)-r.limit/2
	for _, older := range []bool{true, false} { // first those below the middle, then of those at it
		for identity, run := range r.series {
			if excess > 0 && !run.owed && (run.touched < middle || !older && run.touched == middle) {
				delete(r.series, identity)
				excess--
			}
		}
	}
}

// smallStep is how far a clock may be set back, in seconds, for the times sent to go
// on from the last one, a second for each hand-out, until the clock has passed it.
const smallStep = 60

// rewind is for a clock that was set back from before to now, in the bucket today:
// what was sent of later ones does not make the next ones late. After a small step
// times go on as they were, for a backend refuses what is older or comes twice; to do
// so after a large one would put every point at a time that was never right.
func (r *running) rewind(before, now, today int64) {
	if r == nil {
		return
	}
	for _, run := range r.series {
		run.touched = min(run.touched, now) // else the living would be forgotten before the dead
		switch {
		case run.bucket <= today:
		case before-now > smallStep:
			run.known = false
		case run.bucket <= before:
			run.bucket, run.number = today, 0
		}
	}
}

// remember brings what is known of a series up to a unit with new content, and moves
// the unit to the time that it will be sent with. run is nil if nothing of it is
// sent; reason says why a unit that came too late is dropped.
func (v *view) remember(f *Flusher, key *unitKey, series *Series, content *rollup.Bucket) (run *runningSeries, reason transport.Reason) {
	kind := series.Kind
	cumulative := v.cumulative(kind)
	if !cumulative && !(v.shape.untimed && v.isGauge(kind)) {
		return nil, ""
	}
	run = v.running.of(key.series, f.now)
	late := run.known && key.unix < run.bucket
	number := f.buckets.all[key.unix].number
	switch {
	case !cumulative || v.isGauge(kind):
		if late {
			return nil, transport.ReasonLateGauge
		}
		if kind == transport.KindSet && cumulative && run.known && key.unix == run.bucket && run.number != 0 && run.number != number {
			return nil, transport.ReasonLateUnmerged // the size of a part would replace that of the whole
		}
		run.bucket, run.number = key.unix, number
		if cumulative && run.known {
			key.unix = max(key.unix, run.last+1)
		}
	default:
		row, slot := series.ID.Row(), series.ID.Slot()
		if !run.total.Add(content, row, slot, kind == transport.KindDistribution && v.shape.distributions) {
			return nil, transport.ReasonOverflowSum
		}
		if run.known && key.unix <= run.last {
			v.owe(run, *key, series, content)
			return run, ""
		}
		run.bucket, run.number = key.unix, number
	}
	run.known, run.last, run.owed = true, key.unix, false
	if !cumulative {
		return nil, ""
	}
	return run, ""
}

// isGauge reports whether a kind becomes values of which the last one stands: those
// of a bucket must not follow those of a later one.
func (v *view) isGauge(kind transport.Kind) bool {
	switch kind {
	case transport.KindCount:
		return v.shape.profile.countKind() != transport.KindCount
	case transport.KindSet:
		return !v.shape.members || v.cumulative(kind)
	case transport.KindDistribution:
		return !v.shape.distributions && !v.cumulative(kind)
	case transport.KindHistogram, transport.KindTiming:
		return !v.shape.summaries && !v.cumulative(kind)
	}
	return true
}

// owe notes that the total of a series has to be sent once more, with a later time.
func (v *view) owe(run *runningSeries, key unitKey, series *Series, content *rollup.Bucket) {
	for _, s := range v.senders {
		s.shifted(1)
	}
	low, high := 0.0, 0.0
	if series.Kind != transport.KindCount {
		s := content.Summary(series.ID.Row(), series.ID.Slot())
		low, high = s.Min(), s.Max()
	}
	if run.owed {
		run.min, run.max = min(run.min, low), max(run.max, high)
		return
	}
	run.owed, run.min, run.max = true, low, high
	if !run.listed { // parts and newer buckets may have come in turns
		run.listed = true
		v.running.owed = append(v.running.owed, owing{run, key, series})
	}
}

// settleOwed is the end of a hand-out: totals with late parts that no later bucket has
// brought along come with the second after the last time sent.
func (v *view) settleOwed(f *Flusher) {
	if v.running == nil {
		return
	}
	for i := range v.running.owed {
		o := &v.running.owed[i]
		o.run.listed = false
		if !o.run.owed { // sent since
			continue
		}
		o.run.owed = false
		o.run.last++
		o.key.unix = o.run.last
		v.putOwed(o)
	}
	v.running.full = v.running.limit
	clear(v.running.owed)
	v.running.owed = v.running.owed[:0]
}

// putOwed adds a total to a batch. The samples of the late part are not sent.
func (v *view) putOwed(o *owing) {
	h := v.room(v.figures.points())
	switch kind := o.series.Kind; {
	case kind == transport.KindCount:
		h.addFlat(o.series, kind, o.run.total.Value())
	case v.shape.summaries || v.shape.distributions && kind == transport.KindDistribution:
		appendTotal(h, o.series, o.run, o.run.min, o.run.max, nil)
	default: // of the figures of a flat histogram the one that has a total
		of := v.figures.of(o.series)
		if of.count() < 0 {
			return
		}
		h.addFigures(o.series, of, formCount, o.run.total.Count())
	}
	h.close(o.key)
}

// appendTotal adds a summary with the total's count and sum, and its samples if they
// are kept, else those of the bucket.
func appendTotal(h *handout, series *Series, run *runningSeries, low, high float64, samples []rollup.Sample) {
	if series.Kind == transport.KindDistribution {
		samples = run.total.Samples()
	}
	h.addSummary(series, transport.Summary{Count: run.total.Count(), Sum: run.total.Sum(), Min: low, Max: high}, samples)
}
