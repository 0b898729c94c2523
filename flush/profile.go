package flush

import (
	"fmt"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// A profile is the form in which a transport gets what flat points cannot say
// as it is: which figures of a histogram, under which names and in which order,
// counts as sums or per second, and the order of the tags; and the order of what is
// sent, by time and id, or, as datadogpy does, as buckets and series came up.

// defaultFigures are the aggregates and percentiles of a profile where nothing
// else was configured.
func (p Profile) defaultFigures() ([]Aggregate, []float64) {
	if p == ProfileThreadStats {
		return []Aggregate{AggregateMin, AggregateMax, AggregateCount, AggregateAvg, AggregatePercentiles},
			[]float64{0.75, 0.85, 0.95, 0.99}
	}
	return []Aggregate{
		AggregateMin, AggregateMax, AggregateSum, AggregateAvg,
		AggregateMedian, AggregatePercentiles, AggregateCount,
	}, []float64{0.95}
}

// countKind is what a count is sent as.
func (p Profile) countKind() transport.Kind {
	if p == ProfileThreadStats {
		return transport.KindRate
	}
	return transport.KindCount
}

// count returns a sum as it is sent: per second of the interval, in the
// ThreadStats profile.
func (p Profile) count(sum, seconds float64) float64 {
	if p == ProfileThreadStats {
		return sum / seconds
	}
	return sum
}

func (p Profile) percentile(samples []rollup.Sample, ppm rollup.PPM) float64 {
	if p == ProfileThreadStats {
		return rollup.PercentileThreadStats(samples, ppm)
	}
	return rollup.Percentile(samples, ppm)
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
