package stats

import (
	"fmt"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

const (
	// overflowOwn is how many names get overflow series of their own.
	overflowOwn     = 1000
	overflowName    = "shardstats.overflow"
	overflowTag     = "overflow:true"
	overflowKindTag = "kind:"
)

// full reports whether a metric has as many series as it was given. Under r.mu.
func (r *registry) full(m *metric, name string) bool {
	if m == nil || m.SeriesLimit == 0 {
		return false
	}
	use := r.names[name]
	return use != nil && use.series >= m.SeriesLimit
}

// overflow returns the series that takes what is beyond a limit: one for each
// name and kind, and past overflowOwn names one for each kind. There is none for
// gauges and rates: a mix of them is no value. The spelling is not remembered, for
// there may be any number. Under r.mu.
func (r *registry) overflow(m *metric, kind kind, name string, now int64) (*series, transport.Reason) {
	if now-r.overflowSaid >= 60 || now < r.overflowSaid {
		r.overflowSaid = now
		limit, option := r.core.cfg.seriesLimit, "WithSeriesLimit"
		if r.full(m, name) {
			limit, option = m.SeriesLimit, "WithMetric's SeriesLimit"
		}
		r.complain(fmt.Errorf("stats: more than %d live series, %s %q is one too many: it goes to its overflow series (a gauge or rate is dropped); raise %s or use fewer tag values", limit, kind, name, option))
	}
	if kind == transport.KindGauge || kind == transport.KindRate {
		return nil, transport.ReasonSeriesLimit
	}
	root := r.core.root
	id := identity{kind, name, cleanTags([]string{overflowTag}, root.tags), root.host}
	ordered := root.ordered([]string{overflowTag})
	s := r.find(id.hash(), &id)
	if s == nil && r.overflowNames >= overflowOwn {
		tag := overflowKindTag + kind.String()
		id.name, id.tags = overflowName, cleanTags([]string{tag}, root.tags)
		m = r.core.cfg.metric(overflowName)
		ordered = root.ordered([]string{tag})
		s = r.find(id.hash(), &id)
	} else if s == nil {
		r.overflowNames++
	}
	if s != nil && s.gone() == nil {
		return s, ""
	}
	text := flush.Text{Name: id.name, Tags: id.tags, Ordered: ordered, Metric: m.forFlush(), Mark: &extra{overflow: true}}
	take := func(ref shard.Ref) *series {
		s := &series{Series: *flush.NewSeries(ref.ID(), kind, id.hash(), root.common, text)}
		s.use(ref)
		return s
	}
	if s != nil { // one of the user's that bears this name, and has expired
		if held := s.gone().weak.Value(); held != nil {
			return r.relink(s, held, now), ""
		}
		s.gone().state = cameBack
		r.uncountName(id.name) // it is not the user's any more
		s = take(s.ref())
		r.publish(s)
		return s, ""
	}
	ref, ok := r.core.store.AllocSized(classOf(kind), m.reservoirSize())
	if !ok {
		return nil, transport.ReasonAfterStop
	}
	s = take(ref)
	r.index.add(s.Key, s.ID, r.each)
	r.publish(s)
	return s, ""
}
