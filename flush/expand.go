package flush

import (
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
	series   []seriesFigures      // by id
}

// seriesFigures is what one series is expanded to.
type seriesFigures struct {
	key   uint64 // whose they are, if names are there; ids are reused
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
	of := &fs.series[series.ID]
	if of.names == nil || of.key != series.Key {
		list, own := fs.special[series.metric()]
		if !own {
			list = fs.standard
		}
		*of = seriesFigures{series.Key, list, make([]string, len(list))}
		name := series.Name()
		for j := range list {
			of.names[j] = name + list[j].suffix
		}
	}
	return of
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

// named is a series with its strings put together for the batch under way.
type named struct {
	*Series
	name string
	tags []string
}

// name puts the strings of a series together in the memory of a batch.
func (v *view) name(h *handout, series *Series) *named {
	v.named = named{series, series.Name(), h.arena.tags(series, v.shape.profile)}
	return &v.named
}

// append adds the points of one (series, bucket) to a batch. It reports false,
// and adds nothing, if its sum is not finite. run is nil unless totals are sent.
func (v *view) append(f *Flusher, h *handout, key unitKey, series *named, content *rollup.Bucket, run *runningSeries) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	point := transport.Point{Unix: key.unix, Rev: key.rev}
	switch series.Kind {
	case transport.KindCount:
		sum, finite := content.Count(row, slot)
		if !finite {
			return false
		}
		point.Value = v.shape.profile.count(sum, float64(f.rollup))
		if run != nil {
			point.Value = run.total.Value()
		}
		v.appendPoint(f, h, series, series.name, v.shape.profile.countKind(), point)
		return true
	case transport.KindGauge, transport.KindRate:
		point.Value = content.Gauge(row, slot)
	case transport.KindSet:
		point.Value = float64(content.Members(row, slot))
		if v.shape.members {
			point.Members = h.arena.members(content, row, slot)
			for _, m := range point.Members {
				h.bytes += 16 + len(m)
			}
		}
	default:
		return v.appendSummary(f, h, point, series, content, run)
	}
	v.appendPoint(f, h, series, series.name, series.Kind, point)
	return true
}

func (v *view) appendSummary(f *Flusher, h *handout, point transport.Point, series *named, content *rollup.Bucket, run *runningSeries) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	s := content.Summary(row, slot)
	if !s.Finite() {
		return false
	}
	samples := content.Samples(row, slot)
	if v.shape.summaries || v.shape.distributions && series.Kind == transport.KindDistribution {
		if run != nil {
			v.appendTotal(f, h, point, series, run, s.Min(), s.Max(), samples)
			return true
		}
		sum := h.arena.summary()
		*sum = transport.Summary{Count: s.Count(), Sum: s.Sum(), Min: s.Min(), Max: s.Max(), Samples: h.arena.samples(samples)}
		h.bytes += 16 * len(samples)
		point.Summary = sum
		v.appendPoint(f, h, series, series.name, series.Kind, point)
		return true
	}
	of := v.figures.of(series.Series)
	for i := range of.list {
		fig := &of.list[i]
		point.Value = fig.value(v.shape.profile, s, samples, float64(f.rollup))
		if run != nil && fig.kind == transport.KindCount {
			point.Value = run.total.Count()
		}
		v.appendPoint(f, h, series, of.names[i], fig.kind, point)
	}
	return true
}

// appendPoint adds one series of one point.
func (v *view) appendPoint(f *Flusher, h *handout, series *named, name string, kind transport.Kind, p transport.Point) {
	h.bytes += 200 + len(name)
	common := series.Common
	out := transport.Series{
		Name: name, Tags: series.tags, Host: common.Host, HostSet: common.HostSet, Device: common.Device,
		Kind: kind, Unit: unitOf(series.Series, kind), Interval: f.cfg.Rollup, Points: h.arena.point(p),
	}
	if m := series.metric(); m != nil {
		out.Description = m.Description
	}
	h.batch.Series = append(h.batch.Series, out)
}

// unitOf says what the points of a series are measured in. The number of
// observations of a histogram has no unit.
func unitOf(series *Series, point transport.Kind) string {
	m := series.metric()
	figureOfHistogram := series.Kind != point && (series.Kind == transport.KindHistogram || series.Kind == transport.KindTiming)
	switch {
	case figureOfHistogram && point != transport.KindGauge:
		return ""
	case m != nil && m.Unit != "":
		return m.Unit
	case series.Kind == transport.KindTiming:
		return "millisecond"
	}
	return ""
}
