package otlp_test

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
	"github.com/shardstats/shardstats/transport/otlp"
)

// pointKey is what no two points of a batch in these tests share.
type pointKey struct {
	name string
	end  uint64
}

// problem says what is wrong with a point, as the package's doc has it.
func problem(s *transport.Series, p *transport.Point) string {
	finite := func(list ...float64) bool {
		return !slices.ContainsFunc(list, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	}
	switch {
	case s.Name == "":
		return "bad_name"
	case s.Kind < transport.KindCount || s.Kind > transport.KindDistribution:
		return "unsupported"
	case p.Unix < 0:
		return "too_old"
	case float64(p.Unix)+max(0, s.Interval.Seconds()) > 9.2e9:
		return "too_new"
	case s.Kind < transport.KindHistogram:
		if !finite(p.Value) {
			return "bad_value"
		}
		return ""
	case p.Summary == nil:
		return "unsupported"
	}
	sum, total := p.Summary, 0.0
	if !finite(sum.Sum, sum.Min, sum.Max) || !(sum.Count > 0) {
		return "bad_value"
	}
	if sum.Count > 1<<53 {
		return "it has more than 2^53 observations"
	}
	for i, x := range sum.Samples {
		total += x.Weight
		switch {
		case !finite(x.Value) || !(x.Weight >= 0):
			return "bad_value"
		case i > 0 && x.Value < sum.Samples[i-1].Value:
			return "not sorted"
		}
	}
	switch {
	case len(sum.Samples) == 0:
		return "it has no samples"
	case !(total <= 1<<53):
		return "its samples stand for more than 2^53 observations"
	case total == 0:
		return "its samples stand for nothing"
	}
	return ""
}

// checkPacked packs b, reads it back strictly, and compares every point.
func checkPacked(t require.TestingT, c otlp.Config, limit int, b *transport.Batch) {
	c.Compression = otlp.None
	got := map[pointKey]wirePoint{}
	rejected := otlp.NewPacker(c, limit).Pack(b, func(body []byte, n int) {
		require.LessOrEqual(t, len(body), limit)
		points, err := readRequest(body)
		require.NoError(t, err)
		require.Len(t, points, n)
		for _, p := range points {
			key := pointKey{p.name, p.time}
			require.NotContains(t, got, key)
			got[key] = p
		}
	})
	reasons := map[int]string{}
	for _, r := range rejected {
		reasons[r.Index] = r.Reason
	}
	number, sent := 0, 0
	for i := range b.Series {
		s := &b.Series[i]
		for j := range s.Points {
			p := &s.Points[j]
			why, refused := reasons[number]
			number++
			if want := problem(s, p); want != "" {
				require.True(t, refused, "%v of %q is sent, which %s", p, s.Name, want)
				continue
			}
			if refused {
				require.Equal(t, "too_large", why, "%v of %q", p, s.Name)
				require.Greater(t, 4*size(s, p, c), limit, "%v of %q", p, s.Name)
				continue
			}
			sent++
			start := uint64(p.Unix) * 1e9
			key := pointKey{strings.ToValidUTF8(s.Name, "\uFFFD"), start + uint64(max(0, s.Interval))}
			require.Contains(t, got, key)
			checkPoint(t, c, s, p, got[key])
		}
	}
	require.Len(t, got, sent)
}

// size estimates what a point takes in a request, from below.
func size(s *transport.Series, p *transport.Point, c otlp.Config) int {
	n := 300 + len(s.Name) + len(s.Host) + len(s.Device) + len(s.Description) + len(s.Unit)
	for _, tag := range s.Tags {
		n += len(tag) + 20
	}
	if p.Summary != nil {
		buckets := c.MaxBuckets
		if buckets == 0 {
			buckets = 8192
		}
		n += 2*buckets + 10*len(p.Summary.Samples) + 30*len(c.Quantiles)
	}
	return 3 * n // what is not UTF-8 takes three bytes for one
}

func checkPoint(t require.TestingT, c otlp.Config, s *transport.Series, p *transport.Point, got wirePoint) {
	valid := func(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
	assert.Equal(t, valid(s.Description), got.description)
	assert.True(t, isASCII(got.unit), got.unit)
	assert.Equal(t, attributesOf(s.Tags, s.Device), got.attributes)
	resource := map[string]string{"service.name": "fuzz", "host.name": "of the resource"}
	if s.HostSet {
		resource["host.name"] = valid(s.Host)
	}
	assert.Equal(t, resource, got.resource)
	assert.Equal(t, "github.com/shardstats/shardstats", got.scope)
	start := uint64(p.Unix) * 1e9
	assert.Equal(t, start+uint64(max(0, s.Interval)), got.time)
	if got.shape != "gauge" {
		assert.Equal(t, start, got.start)
	}
	switch s.Kind {
	case transport.KindCount:
		assert.Equal(t, "sum", got.shape)
		assert.EqualValues(t, 1, got.temporality)
		assert.Equal(t, p.Value, got.value)
		assert.Equal(t, !c.SignedCounts && p.Value >= 0, got.monotonic)
	case transport.KindGauge, transport.KindRate, transport.KindSet:
		assert.Equal(t, "gauge", got.shape)
		assert.Equal(t, p.Value, got.value)
	case transport.KindDistribution:
		checkHistogram(t, p.Summary, got)
	default:
		if c.Histograms == otlp.Exponential {
			checkHistogram(t, p.Summary, got)
		} else {
			checkQuantiles(t, c, p.Summary, got)
		}
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// whole reports whether the samples stand for all observations, each for a whole number.
func whole(sum *transport.Summary) bool {
	total := 0.0
	for _, x := range sum.Samples {
		total += x.Weight
		if x.Weight != math.Trunc(x.Weight) {
			return false
		}
	}
	return total == sum.Count
}

func checkHistogram(t require.TestingT, sum *transport.Summary, got wirePoint) {
	assert.Equal(t, "exponential", got.shape)
	assert.EqualValues(t, 1, got.temporality)
	assert.Equal(t, []float64{sum.Sum, sum.Min, sum.Max}, []float64{got.sum, got.min, got.max})
	count := max(1, sum.Count)
	assert.Less(t, math.Abs(count-float64(got.count)), 1.0)
	positive, negative, zero, total := map[int]float64{}, map[int]float64{}, 0.0, 0.0
	for _, x := range sum.Samples {
		total += x.Weight
		switch {
		case x.Weight == 0:
		case x.Value > 0:
			positive[int(exponential.Index(got.scale, x.Value))] += x.Weight
		case x.Value < 0:
			negative[int(exponential.Index(got.scale, -x.Value))] += x.Weight
		default:
			zero += x.Weight
		}
	}
	for _, side := range []struct {
		want   map[int]float64
		offset int
		counts []uint64
	}{{positive, got.positiveOffset, got.positive}, {negative, got.negativeFrom, got.negative}} {
		have := map[int]float64{}
		for i, n := range side.counts {
			if n > 0 {
				have[side.offset+i] = float64(n)
			}
		}
		if len(side.counts) > 0 {
			assert.Positive(t, side.counts[0], "no empty bucket at an end")
			assert.Positive(t, side.counts[len(side.counts)-1], "no empty bucket at an end")
		}
		if whole(sum) {
			assert.Equal(t, side.want, have)
			continue
		}
		for i, n := range have {
			assert.InDelta(t, side.want[i]/total*count, n, 1+1e-9*count, "bucket %d", i)
		}
	}
	if whole(sum) {
		assert.EqualValues(t, zero, got.zero)
	}
}

func checkQuantiles(t require.TestingT, c otlp.Config, sum *transport.Summary, got wirePoint) {
	assert.Equal(t, "summary", got.shape)
	assert.Equal(t, sum.Sum, got.sum)
	assert.Less(t, math.Abs(max(1, sum.Count)-float64(got.count)), 1.0)
	want := []float64{0, 0.5, 0.95, 0.99, 1}
	if c.Quantiles != nil {
		want = slices.Compact(slices.Sorted(slices.Values(c.Quantiles)))
	}
	total := 0.0
	for _, x := range sum.Samples {
		total += x.Weight
	}
	require.Len(t, got.quantiles, len(want))
	for i, q := range want {
		assert.Equal(t, q, got.quantiles[i][0])
		value := got.quantiles[i][1]
		switch q {
		case 0:
			assert.Equal(t, sum.Min, value)
			continue
		case 1:
			assert.Equal(t, sum.Max, value)
			continue
		}
		below, upTo := 0.0, 0.0
		for _, x := range sum.Samples {
			if x.Value < value {
				below += x.Weight
			}
			if x.Value <= value {
				upTo += x.Weight
			}
		}
		assert.GreaterOrEqual(t, upTo, q*total*(1-1e-9), "quantile %v is %v", q, value)
		assert.LessOrEqual(t, below, q*total*(1+1e-9), "quantile %v is %v", q, value)
	}
}
