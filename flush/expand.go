package flush

import (
	"slices"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// figure is one series that a histogram becomes where flat points are wanted.
type figure struct {
	suffix    string
	aggregate Aggregate
	ppm       rollup.PPM // of a percentile
	kind      transport.Kind
}

// figures is what histograms are expanded to for one view. The names of a series'
// figures are made once.
type figures struct {
	profile  Profile
	standard []figure
	special  map[*Metric][]figure // of metrics that have their own
	longest  int                  // of these lists
	series   []*seriesFigures     // by id
}

// seriesFigures is what one series is expanded to. It does not change: batches point
// at it.
type seriesFigures struct {
	key   uint64 // whose they are; ids are reused
	list  []figure
	names []string
}

var suffixes = map[Aggregate]string{
	AggregateMin: "min", AggregateMax: "max", AggregateSum: "sum", AggregateAvg: "avg",
	AggregateCount: "count", AggregateMedian: "median",
}

func newFigures(cfg *Config, p Profile) figures {
	aggregates, percentiles := p.defaultFigures()
	if cfg.Aggregates != nil {
		aggregates = cfg.Aggregates
	}
	if cfg.Percentiles != nil {
		percentiles = cfg.Percentiles
	}
	fs := figures{profile: p, standard: listFigures(p, aggregates, percentiles), special: map[*Metric][]figure{}}
	fs.longest = len(fs.standard)
	for _, m := range cfg.Metrics {
		if m.Aggregates == nil && m.Percentiles == nil {
			continue
		}
		own, fractions := aggregates, percentiles
		if m.Aggregates != nil {
			own = m.Aggregates
		}
		if m.Percentiles != nil {
			fractions = m.Percentiles
		}
		list := listFigures(p, own, fractions)
		fs.special[m] = list
		fs.longest = max(fs.longest, len(list))
	}
	return fs
}

func listFigures(p Profile, aggregates []Aggregate, percentiles []float64) []figure {
	var list []figure
	for _, a := range aggregates {
		switch a {
		case AggregatePercentiles:
			for _, fraction := range percentiles {
				ppm := rollup.ToPPM(fraction)
				list = append(list, figure{"." + rollup.PercentileName(ppm), a, ppm, transport.KindGauge})
			}
		case AggregateCount:
			list = append(list, figure{".count", a, 0, p.countKind()})
		default:
			list = append(list, figure{"." + suffixes[a], a, 0, transport.KindGauge})
		}
	}
	return list
}

// points is the largest number of points a unit becomes.
func (fs *figures) points() int { return max(1, fs.longest) }

// of returns what a series is expanded to.
func (fs *figures) of(series *Series) *seriesFigures {
	fs.series = grow(fs.series, int(series.ID))
	of := fs.series[series.ID]
	if of == nil || of.key != series.Key {
		list, own := fs.special[series.metric()]
		if !own {
			list = fs.standard
		}
		of = &seriesFigures{series.Key, list, make([]string, len(list))}
		name := series.Name()
		for j := range list {
			of.names[j] = name + list[j].suffix
		}
		fs.series[series.ID] = of
	}
	return of
}

// count returns the place of the count in the list, -1 if it is not wanted.
func (of *seriesFigures) count() int {
	return slices.IndexFunc(of.list, func(fig figure) bool { return fig.kind == transport.KindCount })
}

// value reads one figure from a summary and its sorted samples.
func (fig *figure) value(p Profile, s *rollup.Summary, samples []rollup.Sample, seconds float64) float64 {
	switch fig.aggregate {
	case AggregateMin:
		return s.Min()
	case AggregateMax:
		return s.Max()
	case AggregateSum:
		return s.Sum()
	case AggregateAvg:
		return s.Sum() / s.Count()
	case AggregateCount:
		return p.count(s.Count(), seconds)
	case AggregateMedian:
		return p.percentile(samples, rollup.Million/2)
	default:
		return p.percentile(samples, fig.ppm)
	}
}

// append adds the points of one (series, bucket) to a batch. It reports false,
// and adds nothing, if its sum is not finite. run is nil unless totals are sent.
func (v *view) append(f *Flusher, h *handout, series *Series, content *rollup.Bucket, run *runningSeries) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	switch series.Kind {
	case transport.KindCount:
		sum, finite := content.Count(row, slot)
		if !finite {
			return false
		}
		value := v.shape.profile.count(sum, float64(f.rollup))
		if run != nil {
			value = run.total.Value()
		}
		h.addFlat(series, v.shape.profile.countKind(), value)
	case transport.KindGauge, transport.KindRate:
		h.addFlat(series, series.Kind, content.Gauge(row, slot))
	case transport.KindSet:
		if v.shape.members {
			h.addMembers(series, content)
		} else {
			h.addFlat(series, series.Kind, float64(content.Members(row, slot)))
		}
	default:
		return v.appendSummary(f, h, series, content, run)
	}
	return true
}

func (v *view) appendSummary(f *Flusher, h *handout, series *Series, content *rollup.Bucket, run *runningSeries) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	s := content.Summary(row, slot)
	if !s.Finite() {
		return false
	}
	samples := content.Samples(row, slot)
	if v.shape.summaries || v.shape.distributions && series.Kind == transport.KindDistribution {
		if run != nil {
			appendTotal(h, series, run, s.Min(), s.Max(), samples)
		} else {
			h.addSummary(series, transport.Summary{Count: s.Count(), Sum: s.Sum(), Min: s.Min(), Max: s.Max()}, samples)
		}
		return true
	}
	of := v.figures.of(series)
	if len(of.list) == 0 {
		return true
	}
	v.values = v.values[:0]
	for i := range of.list {
		fig := &of.list[i]
		value := fig.value(v.shape.profile, s, samples, float64(f.rollup))
		if run != nil && fig.kind == transport.KindCount {
			value = run.total.Count()
		}
		v.values = append(v.values, value)
	}
	h.addFigures(series, of, formFigures, v.values...)
	return true
}

// unitOf says what the points of a series of a kind are measured in, by what was
// configured for it. The number of observations of a histogram has no unit.
func unitOf(kind transport.Kind, m *Metric, point transport.Kind) string {
	figureOfHistogram := kind != point && (kind == transport.KindHistogram || kind == transport.KindTiming)
	switch {
	case figureOfHistogram && point != transport.KindGauge:
		return ""
	case m != nil && m.Unit != "":
		return m.Unit
	case kind == transport.KindTiming:
		return "millisecond"
	}
	return ""
}
