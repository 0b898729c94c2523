package flush

import (
	"fmt"

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

// figures is what histograms are expanded to. The names of a series' figures are
// made once.
type figures struct {
	list  []figure
	names []figureNames // by id
}

type figureNames struct {
	series *Series // whose they are; ids are reused
	names  []string
}

var suffixes = map[Aggregate]string{
	AggregateMin: "min", AggregateMax: "max", AggregateSum: "sum", AggregateAvg: "avg",
	AggregateCount: "count", AggregateMedian: "median",
}

func newFigures(cfg *Config) figures {
	var fs figures
	for _, a := range cfg.Aggregates {
		switch a {
		case AggregatePercentiles:
			for _, p := range cfg.Percentiles {
				ppm := rollup.ToPPM(p)
				fs.list = append(fs.list, figure{"." + rollup.PercentileName(ppm), a, ppm, transport.KindGauge})
			}
		case AggregateCount:
			fs.list = append(fs.list, figure{".count", a, 0, transport.KindCount})
		default:
			fs.list = append(fs.list, figure{"." + suffixes[a], a, 0, transport.KindGauge})
		}
	}
	return fs
}

// checkPercentiles refuses two percentiles that would be one series.
func checkPercentiles(ps []float64) error {
	seen := map[string]float64{}
	for _, p := range ps {
		name := rollup.PercentileName(rollup.ToPPM(p))
		if other, dup := seen[name]; dup {
			return fmt.Errorf("flush: the percentiles %v and %v are both named %q: leave one out", other, p, name)
		}
		seen[name] = p
	}
	return nil
}

// points is the largest number of points a unit becomes.
func (fs *figures) points() int { return max(1, len(fs.list)) }

// of returns the names of a series' figures.
func (fs *figures) of(series *Series) []string {
	fs.names = grow(fs.names, int(series.ID))
	n := &fs.names[series.ID]
	if n.series != series {
		*n = figureNames{series, make([]string, len(fs.list))}
		for j := range fs.list {
			n.names[j] = series.Name + fs.list[j].suffix
		}
	}
	return n.names
}

// value reads one figure from a summary and its sorted samples.
func (fig *figure) value(s *rollup.Summary, samples []rollup.Sample) float64 {
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
		return s.Count()
	case AggregateMedian:
		return rollup.Percentile(samples, rollup.Million/2)
	default:
		return rollup.Percentile(samples, fig.ppm)
	}
}

// append adds the points of one (series, bucket) to a batch. It reports false,
// and adds nothing, if its sum is not finite.
func (v *view) append(f *Flusher, h *handout, key unitKey, series *Series, content *rollup.Bucket) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	point := transport.Point{Unix: key.unix, Rev: key.rev}
	switch series.Kind {
	case transport.KindCount:
		sum, finite := content.Count(row, slot)
		if !finite {
			return false
		}
		point.Value = sum
	case transport.KindGauge:
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
		return v.appendSummary(f, h, point, series, content)
	}
	v.appendPoint(f, h, series, series.Name, series.Kind, point)
	return true
}

func (v *view) appendSummary(f *Flusher, h *handout, point transport.Point, series *Series, content *rollup.Bucket) bool {
	row, slot := series.ID.Row(), series.ID.Slot()
	s := content.Summary(row, slot)
	if !s.Finite() {
		return false
	}
	samples := content.Samples(row, slot)
	if v.shape.summaries || v.shape.distributions && series.Kind == transport.KindDistribution {
		sum := h.arena.summary()
		*sum = transport.Summary{Count: s.Count(), Sum: s.Sum(), Min: s.Min(), Max: s.Max(), Samples: h.arena.samples(samples)}
		h.bytes += 16 * len(samples)
		point.Summary = sum
		v.appendPoint(f, h, series, series.Name, series.Kind, point)
		return true
	}
	names := v.figures.of(series)
	for i := range v.figures.list {
		fig := &v.figures.list[i]
		point.Value = fig.value(s, samples)
		v.appendPoint(f, h, series, names[i], fig.kind, point)
	}
	return true
}

// appendPoint adds one series of one point.
func (v *view) appendPoint(f *Flusher, h *handout, series *Series, name string, kind transport.Kind, p transport.Point) {
	h.bytes += 200 + len(name)
	h.batch.Series = append(h.batch.Series, transport.Series{
		Name: name, Tags: series.Tags, Host: series.Host, HostSet: series.HostSet, Device: series.Device,
		Kind: kind, Unit: unitOf(series.Kind, kind), Interval: f.cfg.Rollup, Points: h.arena.point(p),
	})
}

// unitOf says what a timing is measured in.
func unitOf(series, point transport.Kind) string {
	if series == transport.KindTiming && point != transport.KindCount {
		return "millisecond"
	}
	return ""
}
