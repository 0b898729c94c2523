package main

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// intake is what arrived, kept as Datadog keeps it: of counts and gauges the
// last value for a (series, timestamp), of distributions every value.
type intake struct {
	mu            sync.Mutex
	flat          map[seriesKey]map[int64]float64
	distributions map[seriesKey]map[int64][]float64
	replaced      map[int64]int // points that replaced one of the same series and time
	points        int
}

// seriesKey is the identity of a series.
type seriesKey struct {
	metric, kind, host string
	tags               string // sorted, a comma before and after each
}

func newIntake() *intake {
	return &intake{
		flat:          make(map[seriesKey]map[int64]float64),
		distributions: make(map[seriesKey]map[int64][]float64),
		replaced:      make(map[int64]int),
	}
}

func (id identity) key() seriesKey {
	key := seriesKey{metric: id.Metric, kind: id.Type, tags: tagList(id.Tags)}
	if id.Host != nil {
		key.host = *id.Host
	}
	return key
}

func tagList(tags []string) string {
	return "," + strings.Join(slices.Sorted(slices.Values(tags)), ",") + ","
}

// has reports whether the series has all of tags.
func (k seriesKey) has(tags ...string) bool {
	for _, tag := range tags {
		if !strings.Contains(k.tags, ","+tag+",") {
			return false
		}
	}
	return true
}

func (in *intake) addSeries(series []flatSeries) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range series {
		times := in.flat[s.key()]
		if times == nil {
			times = make(map[int64]float64)
			in.flat[s.key()] = times
		}
		for _, p := range s.Points {
			if _, there := times[p.unix]; there {
				in.replaced[p.unix]++
			}
			times[p.unix] = p.value
		}
		in.points += len(s.Points)
	}
}

func (in *intake) addDistributions(series []distribution) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range series {
		times := in.distributions[s.key()]
		if times == nil {
			times = make(map[int64][]float64)
			in.distributions[s.key()] = times
		}
		for _, p := range s.Points {
			times[p.unix] = append(times[p.unix], p.values...)
		}
		in.points += len(s.Points)
	}
}

// received returns how many points arrived, replaced ones included.
func (in *intake) received() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.points
}

// replacedAt returns how many points at a time were replaced by later ones.
func (in *intake) replacedAt(unix int64) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.replaced[unix]
}

// values returns the points of all series of a metric that have the tags, by
// time; series that share a time stand one after the other.
func (in *intake) values(metric, kind string, tags ...string) map[int64][]float64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	found := make(map[int64][]float64)
	for key, times := range in.flat {
		if key.metric != metric || key.kind != kind || !key.has(tags...) {
			continue
		}
		for unix, v := range times {
			found[unix] = append(found[unix], v)
		}
	}
	return found
}

// samples returns the values of a distribution, by time.
func (in *intake) samples(metric string, tags ...string) map[int64][]float64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	found := make(map[int64][]float64)
	for key, times := range in.distributions {
		if key.metric == metric && key.has(tags...) {
			for unix, vs := range times {
				found[unix] = append(found[unix], vs...)
			}
		}
	}
	return found
}

// buckets returns the times of all points, in order.
func (in *intake) buckets() []int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	seen := make(map[int64]bool)
	for _, times := range in.flat {
		for unix := range times {
			seen[unix] = true
		}
	}
	for _, times := range in.distributions {
		for unix := range times {
			seen[unix] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// keys returns the identities of all series that arrived.
func (in *intake) keys() []seriesKey {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.AppendSeq(slices.Collect(maps.Keys(in.flat)), maps.Keys(in.distributions))
}

// total adds up values over all times.
func total(byTime map[int64][]float64) float64 {
	sum := 0.0
	for _, vs := range byTime {
		for _, v := range vs {
			sum += v
		}
	}
	return sum
}

// number counts values over all times.
func number(byTime map[int64][]float64) float64 {
	n := 0
	for _, vs := range byTime {
		n += len(vs)
	}
	return float64(n)
}

// extreme folds all values by math.Min or math.Max; 0 if there is none.
func extreme(byTime map[int64][]float64, fold func(float64, float64) float64) float64 {
	result, any := 0.0, false
	for _, vs := range byTime {
		for _, v := range vs {
			if !any {
				result, any = v, true
			}
			result = fold(result, v)
		}
	}
	return result
}

// last returns the value at the latest time, and whether there is one.
func last(byTime map[int64][]float64) (float64, bool) {
	if len(byTime) == 0 {
		return 0, false
	}
	vs := byTime[slices.Max(slices.Collect(maps.Keys(byTime)))]
	return vs[len(vs)-1], true
}
