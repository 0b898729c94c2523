package e2e

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// reference aggregates by itself, in the plainest way, what a test submits, so
// that what a server has can be compared with it. Safe for concurrent use.
type reference struct {
	rollup int64 // seconds

	mu      sync.Mutex
	counts  buckets[float64]
	gauges  buckets[float64]
	samples buckets[[]float64]
	members buckets[map[string]bool]
}

// buckets is series, then the start of the bucket in Unix seconds.
type buckets[T any] map[string]map[int64]T

func newReference(rollup time.Duration) *reference {
	return &reference{
		rollup: int64(rollup / time.Second),
		counts: buckets[float64]{}, gauges: buckets[float64]{}, samples: buckets[[]float64]{}, members: buckets[map[string]bool]{},
	}
}

// seriesKey writes a name and labels as one string: name{a="b",c="d"}.
func seriesKey(name string, labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if key != "__name__" {
			parts = append(parts, fmt.Sprintf("%s=%q", key, labels[key]))
		}
	}
	return name + "{" + strings.Join(parts, ",") + "}"
}

// keyOf is seriesKey of tags, the way Datadog's tags become labels.
func keyOf(name string, tags ...string) string {
	labels := map[string]string{}
	for _, tag := range tags {
		key, value, _ := strings.Cut(tag, ":")
		labels[key] = value
	}
	return seriesKey(name, labels)
}

// update changes what series has in the bucket of a time.
func update[T any](r *reference, b buckets[T], series string, at time.Time, f func(T) T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b[series] == nil {
		b[series] = map[int64]T{}
	}
	start := at.Unix() - at.Unix()%r.rollup
	b[series][start] = f(b[series][start])
}

func (r *reference) count(series string, at time.Time, delta float64) {
	update(r, r.counts, series, at, func(v float64) float64 { return v + delta })
}

func (r *reference) gauge(series string, at time.Time, value float64) {
	update(r, r.gauges, series, at, func(float64) float64 { return value })
}

func (r *reference) observe(series string, at time.Time, value float64) {
	update(r, r.samples, series, at, func(v []float64) []float64 { return append(v, value) })
}

func (r *reference) add(series string, at time.Time, member string) {
	update(r, r.members, series, at, func(v map[string]bool) map[string]bool {
		if v == nil {
			v = map[string]bool{}
		}
		v[member] = true
		return v
	})
}

// sizes returns the points of sets.
func (r *reference) sizes() buckets[float64] {
	all := buckets[float64]{}
	for series, starts := range r.members {
		all[series] = map[int64]float64{}
		for start, members := range starts {
			all[series][start] = float64(len(members))
		}
	}
	return all
}

// flat returns the points of a backend that takes no summaries, in the default
// profile: histograms become seven series.
func (r *reference) flat() buckets[float64] {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := buckets[float64]{}
	put := func(series string, start int64, value float64) {
		if all[series] == nil {
			all[series] = map[int64]float64{}
		}
		all[series][start] = value
	}
	for _, plain := range []buckets[float64]{r.counts, r.gauges, r.sizes()} {
		for series, starts := range plain {
			for start, value := range starts {
				put(series, start, value)
			}
		}
	}
	for series, starts := range r.samples {
		name, labels, _ := strings.Cut(series, "{")
		for start, values := range starts {
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			n := len(values)
			for suffix, value := range map[string]float64{
				"count": float64(n), "sum": sum, "min": slices.Min(values), "max": slices.Max(values),
				"avg": sum / float64(n), "median": nearestRank(values, 0.5), "95percentile": nearestRank(values, 0.95),
			} {
				put(name+"."+suffix+"{"+labels, start, value)
			}
		}
	}
	return all
}

// nearestRank is the smallest value that at least a share p of all values does
// not exceed.
func nearestRank(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(int(math.Ceil(p*float64(len(sorted))))-1, 0)]
}

// total is the sum over all buckets of a series.
func (b buckets[T]) total(series string, size func(T) float64) (sum float64) {
	for _, v := range b[series] {
		sum += size(v)
	}
	return sum
}

// assertPoints compares all points. Servers round: VictoriaMetrics to 12 digits.
func assertPoints(t *testing.T, want, got buckets[float64]) {
	t.Helper()
	var wrong []string
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for series, starts := range want {
		for start, value := range starts {
			if have, ok := got[series][start]; !ok {
				note("missing: %s at %d", series, start)
			} else if math.Abs(have-value) > 1e-11*math.Abs(value) {
				note("%s at %d is %v, want %v", series, start, have, value)
			}
		}
	}
	for series, starts := range got {
		for start, value := range starts {
			if _, ok := want[series][start]; !ok {
				note("never submitted: %s at %d, %v", series, start, value)
			}
		}
	}
	slices.Sort(wrong)
	const shown = 20
	assert.Empty(t, wrong[:min(len(wrong), shown)], "%d of %d points are wrong", len(wrong), size(want))
}

// size is the number of points.
func size(b buckets[float64]) (n int) {
	for _, starts := range b {
		n += len(starts)
	}
	return n
}
