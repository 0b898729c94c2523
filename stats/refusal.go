package stats

import (
	"sync"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// refusals are what handles lead to that got no series: what is submitted
// through them has to be counted, by the reason for which there was none.
//
// For each reason that occurred there is a store that was stopped at once. It
// takes nothing and counts everything, so a handle's submission needs no branch
// for this; one more, and it would not be inlined.
type refusals struct {
	mu     sync.Mutex
	reason map[transport.Reason]*refusal
}

type refusal struct {
	store  *shard.Store
	series map[shard.Class]*series
}

// series returns what takes submissions of a kind that are refused for reason.
func (r *refusals) series(reason transport.Reason, k kind) *series {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reason[reason] == nil {
		if r.reason == nil {
			r.reason = map[transport.Reason]*refusal{}
		}
		r.reason[reason] = newRefusal()
	}
	return r.reason[reason].series[classOf(k)]
}

func newRefusal() *refusal {
	f := &refusal{
		store:  shard.New(shard.Config{Shards: 1, ReservoirSize: 1, DistributionValues: 1, SetMembers: 1, TimedBytes: 1, Wake: func() {}}),
		series: map[shard.Class]*series{},
	}
	for k := transport.KindCount; k <= transport.KindDistribution; k++ {
		if class := classOf(k); f.series[class] == nil {
			ref, _ := f.store.Alloc(class) // which fails in a stopped store only
			s := new(series)
			s.use(ref)
			f.series[class] = s
		}
	}
	f.store.Stop(0, nil) // nothing was submitted, so nobody is visited
	return f
}

// each calls put with what was refused so far.
func (r *refusals) each(put func(transport.Reason, uint64)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for reason, f := range r.reason {
		lost := f.store.Lost()
		put(reason, lost.AfterStop)
		put(transport.ReasonBadValue, lost.BadValue)
	}
}
