package shard_test

import (
	"strconv"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
)

// ledger makes submissions of every class and keeps what drains bring, so that
// the two can be compared. It is a Visitor that fails the test at the visit
// that is wrong, not only at the end.
type ledger struct {
	t testing.TB
	s *shard.Store

	counter, wide, float, hist, dist, set, timed, sum shard.Ref
	gauges                                            []shard.Ref // one for each submitter

	n, wides       int64
	f              float64
	observed       map[shard.ID]uint64
	last           map[shard.ID]float64
	members, times [][]uint8 // how often each came, by submitter and round
}

// roundOps is how many submissions a round is.
const roundOps = 34

// wideDelta is past the bound of the fast path.
const wideDelta = 1 << 40

// perSubmitter keeps the numbers of submissions of one submitter apart from the
// next one's.
const perSubmitter = 1 << 32

func newLedger(t testing.TB, s *shard.Store, submitters, rounds int) *ledger {
	l := &ledger{
		t: t, s: s,
		counter: alloc(t, s, shard.ClassCounter), wide: alloc(t, s, shard.ClassCounter),
		float: alloc(t, s, shard.ClassCounter), timed: alloc(t, s, shard.ClassCounter),
		hist: alloc(t, s, shard.ClassHistogram), dist: alloc(t, s, shard.ClassDistribution),
		set: alloc(t, s, shard.ClassSet), sum: alloc(t, s, shard.ClassGauge),
		observed: map[shard.ID]uint64{}, last: map[shard.ID]float64{},
	}
	for range submitters {
		l.gauges = append(l.gauges, alloc(t, s, shard.ClassGauge))
		l.members, l.times = append(l.members, make([]uint8, rounds)), append(l.times, make([]uint8, rounds))
	}
	return l
}

// submit is round i of submitter w.
func (l *ledger) submit(w, i int) {
	for range 12 {
		l.counter.Add(1)
		l.hist.Observe(1)
	}
	l.wide.Add(wideDelta)
	l.float.AddFloat(1)
	l.gauges[w].Set(float64(i + 1))
	l.sum.GaugeAdd(1)
	l.dist.ObserveRaw(1)
	l.hist.ObserveN(ones)
	number := int64(w)*perSubmitter + int64(i)
	l.set.AddMember(strconv.FormatInt(number, 10))
	l.timed.Timed(shard.Timed{N: number})
}

var ones = []float64{1, 1, 1}

// check compares what came with what was submitted: the rounds of all submitters.
// Every submission was drained.
func (l *ledger) check(t testing.TB) {
	rounds := 0
	for w := range l.gauges {
		n := len(l.times[w])
		rounds += n
		assert.Equal(t, float64(n), l.last[l.gauges[w].ID()], "the last write of a gauge")
	}
	lost := l.s.Lost()
	assert.Equal(t, int64(rounds)*12, l.n, "counter")
	assert.Equal(t, int64(rounds)*wideDelta, l.wides, "large deltas")
	assert.Equal(t, float64(rounds), l.f, "float deltas")
	assert.Equal(t, float64(rounds), l.last[l.sum.ID()], "relative changes of one gauge")
	assert.Equal(t, uint64(rounds), l.came("member", l.members)+lost.SetFull, "set")
	// A distribution without a page uses the log, as timed submissions do, and
	// what finds that full is counted without its class.
	observed := l.observed[l.hist.ID()] + l.observed[l.dist.ID()]
	assert.Equal(t, uint64(rounds)*17, observed+l.came("timed submission", l.times)+lost.TimedFull+lost.DistributionFull, "log and banks")
	assert.LessOrEqual(t, l.observed[l.hist.ID()], uint64(rounds)*15, "histogram")
	assert.LessOrEqual(t, l.observed[l.dist.ID()], uint64(rounds), "distribution")
	assert.Zero(t, lost.AfterStop+lost.BadValue)
}

// came returns how many of the numbered submissions came, and fails the test for
// one that came twice.
func (l *ledger) came(what string, times [][]uint8) uint64 {
	total := uint64(0)
	for w := range times {
		for i, n := range times[w] {
			total += uint64(n)
			if n > 1 {
				l.t.Errorf("%s %d of submitter %d came %d times", what, i, w, n)
			}
		}
	}
	return total
}

// mark notes that a numbered submission came.
func (l *ledger) mark(what string, times [][]uint8, number int64) {
	w, i := number/perSubmitter, number%perSubmitter
	if w < 0 || i < 0 || w >= int64(len(times)) || i >= int64(len(times[w])) {
		l.t.Errorf("%s %d was never submitted", what, number)
		return
	}
	times[w][i]++
}

func (l *ledger) Count(id shard.ID, n int64, f float64) {
	switch id {
	case l.counter.ID():
		l.n += n
	case l.wide.ID():
		l.wides += n
	case l.float.ID():
		l.f += f
	default:
		l.t.Errorf("counter %d was never added to, and came with %d and %g", id, n, f)
	}
}

// Gauge expects values that only grow: those before are older writes.
func (l *ledger) Gauge(id shard.ID, v float64) {
	if v <= l.last[id] {
		l.t.Errorf("gauge %d: %g came after %g", id, v, l.last[id])
	}
	l.last[id] = v
}

// Observations expects ones: a bank whose words belong to different observations
// shows here.
func (l *ledger) Observations(id shard.ID, gen shard.Generation, o *shard.Observations) {
	if o.Sum != float64(o.Count) || o.Min != 1 || o.Max != 1 || o.Sampled > o.Count || uint64(len(o.Samples)) > o.Count {
		l.t.Errorf("generation %d of %d: %d observations of 1 with sum %g, min %g, max %g, %d samples of %d",
			gen, id, o.Count, o.Sum, o.Min, o.Max, len(o.Samples), o.Sampled)
	}
	for _, v := range o.Samples {
		if v != 1 {
			l.t.Errorf("generation %d of %d: a sample of %g, submitted were ones", gen, id, v)
			break
		}
	}
	l.observed[id] += o.Count
}

func (l *ledger) Member(id shard.ID, member string) {
	number, err := strconv.ParseInt(member, 10, 64)
	if err != nil || id != l.set.ID() {
		l.t.Errorf("member %q of %d was never submitted", member, id)
		return
	}
	l.mark("member", l.members, number)
}

func (l *ledger) Timed(r *shard.Timed) {
	if r.Untimed {
		if r.Value != 1 {
			l.t.Errorf("an observation of 1 came as %g", r.Value)
		}
		l.observed[r.ID]++
		return
	}
	if r.ID != l.timed.ID() {
		l.t.Errorf("a timed submission came for %d", r.ID)
	}
	l.mark("timed submission", l.times, r.N)
}
