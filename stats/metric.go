package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/flush"
)

// MetricConfig is what holds for the metrics of some names. A field left at zero
// changes nothing.
type MetricConfig struct {
	// Unit is what the metric is measured in, in one word: "byte", "request". Of a
	// timing the default is "millisecond". Transports send it where their wire has
	// a place for it.
	Unit string
	// Description is for people, likewise.
	Description string
	// Percentiles and Aggregates are those of [WithPercentiles] and
	// [WithAggregates], for histograms and timings of these names.
	Percentiles []float64
	Aggregates  []Aggregate
	// ReservoirSize is that of [WithReservoirSize].
	ReservoirSize int
	// SeriesLimit bounds the series of each of these names. What is beyond goes to
	// the name's overflow series, as it does at [WithSeriesLimit].
	SeriesLimit int
	// AllowTags keeps only the tags with these keys, BlockTags drops those with
	// these; a key is what stands before the first colon, or all of a tag without
	// one. Series that differ in the others alone become one. Constant tags stay.
	AllowTags []string
	BlockTags []string
}

// WithMetric configures the metrics of a name, or with "prefix.*" of all names
// that begin with "prefix."; namespaces are part of a name. Of several that match
// the exact one holds, else the longest prefix; they are not combined. It is
// looked up when a series is first seen, by one-shot methods and handles alike.
func WithMetric(name string, m MetricConfig) Option {
	return option(func(c *config) { c.metrics = append(c.metrics, newMetric(name, m)) })
}

// metric is one WithMetric. On a nil one all methods say that there is none.
type metric struct {
	MetricConfig
	name    string // without the star
	prefix  bool
	flusher flush.Metric
}

func newMetric(name string, m MetricConfig) *metric {
	own := &metric{MetricConfig: m}
	own.name, own.prefix = strings.CutSuffix(name, "*")
	own.Percentiles, own.Aggregates = slices.Clone(m.Percentiles), slices.Clone(m.Aggregates)
	own.AllowTags, own.BlockTags = slices.Clone(m.AllowTags), slices.Clone(m.BlockTags)
	own.flusher = flush.Metric{
		Unit: clean(m.Unit), Description: clean(m.Description),
		Percentiles: own.Percentiles, Aggregates: own.Aggregates, ReservoirSize: m.ReservoirSize,
	}
	return own
}

// check complains about what is wrong with m.
func (m *metric) check(complain func(string, ...any)) {
	name := m.name
	if m.prefix {
		name += "*"
	}
	option := fmt.Sprintf("WithMetric(%q)", name)
	if name == "" || m.prefix && !strings.HasSuffix(m.name, ".") && m.name != "" || strings.Contains(m.name, "*") {
		complain(`%s: give a name, or a prefix as "http.*"`, option)
	}
	checkPercentiles(option+".Percentiles", m.Percentiles, complain)
	checkAggregates(option+".Aggregates", m.Aggregates, complain)
	if m.ReservoirSize < 0 || m.ReservoirSize > maxReservoirSize {
		complain("%s: ReservoirSize is %d: give a number from 1 to %d, or 0 for the default", option, m.ReservoirSize, maxReservoirSize)
	}
	if m.SeriesLimit < 0 {
		complain("%s: SeriesLimit is %d: give 1 or more, or 0 for none of its own", option, m.SeriesLimit)
	}
}

// leastPercentile is the unit that percentiles are held in.
const leastPercentile = 1e-6

func checkPercentiles(option string, ps []float64, complain func(string, ...any)) {
	for _, p := range ps {
		if !(p >= leastPercentile && p <= 1-leastPercentile) {
			complain("%s(%v): give fractions between 0 and 1, such as 0.95, of at most six digits", option, p)
		}
	}
}

func checkAggregates(option string, as []Aggregate, complain func(string, ...any)) {
	for _, a := range as {
		if a < AggregateMin || a > AggregatePercentiles {
			complain("%s(%d): give the constants Aggregate…", option, a)
		}
	}
}

// metric returns what was configured for a name, nil if nothing was.
func (c *config) metric(name string) *metric {
	for _, m := range c.metrics { // sorted: see sortMetrics
		if m.name == name && !m.prefix || m.prefix && strings.HasPrefix(name, m.name) {
			return m
		}
	}
	return nil
}

// sortMetrics puts exact names first, then long prefixes before short ones; of two
// for one name the one given last.
func (c *config) sortMetrics() {
	slices.Reverse(c.metrics)
	slices.SortStableFunc(c.metrics, func(a, b *metric) int {
		if a.prefix != b.prefix {
			if b.prefix {
				return -1
			}
			return 1
		}
		return cmp.Compare(len(b.name), len(a.name))
	})
}

// metricsForFlush returns what the flusher needs of every WithMetric.
func (c *config) metricsForFlush() []*flush.Metric {
	all := make([]*flush.Metric, len(c.metrics))
	for i, m := range c.metrics {
		all[i] = m.forFlush()
	}
	return all
}

// reservoirSizes returns every size that a series may ask for.
func (c *config) reservoirSizes() []int {
	var sizes []int
	for _, m := range c.metrics {
		if m.ReservoirSize > 0 {
			sizes = append(sizes, m.ReservoirSize)
		}
	}
	return sizes
}

func (m *metric) forFlush() *flush.Metric {
	if m == nil {
		return nil
	}
	return &m.flusher
}

func (m *metric) reservoirSize() int {
	if m == nil {
		return 0
	}
	return m.ReservoirSize
}

// filters reports whether m drops tags at all, and keeps whether it keeps this one.
func (m *metric) filters() bool {
	return m != nil && (m.AllowTags != nil || m.BlockTags != nil)
}

func (m *metric) keeps(tag string) bool {
	key, _, _ := strings.Cut(tag, ":")
	return (m.AllowTags == nil || slices.Contains(m.AllowTags, key)) && !slices.Contains(m.BlockTags, key)
}

// tagsOf returns the tags of a series as a metric's rules leave them: sorted, and,
// if some transport wants them so, in the order given.
func (c *Client) tagsOf(m *metric, tags []string) (sorted, ordered []string) {
	if !m.filters() {
		return cleanTags(tags, c.tags), c.ordered(tags)
	}
	constant := c.core.root.tags
	ordered = slices.DeleteFunc(inOrder(tags, c.order), func(tag string) bool {
		_, stays := slices.BinarySearch(constant, tag)
		return !stays && !m.keeps(tag)
	})
	sorted = slices.Sorted(slices.Values(ordered))
	if !c.core.cfg.ordered {
		ordered = nil
	}
	return sorted, ordered
}

// ordered returns tags and those of c in the order given, nil if no transport
// wants them so.
func (c *Client) ordered(tags []string) []string {
	if !c.core.cfg.ordered {
		return nil
	}
	return inOrder(tags, c.order)
}
