package replay_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// values returns what series of one name and type were put out as, in order.
func values(p replay.Payloads, metric, kind string) (points []replay.Point) {
	for _, m := range p.Series {
		if m.Metric == metric && m.Type == kind {
			points = append(points, m.Points...)
		}
	}
	return points
}

func TestALatePointIsSentWithWhatItIsLateFor(t *testing.T) {
	out := output(t, golden(t, "counter_upstream"))
	assert.Equal(t, []replay.Point{{Unix: 1000, Value: 0.3}}, values(out[0], "test.counter.1", "rate"))
	assert.Equal(t, []replay.Point{{Unix: 1000, Value: 1.1}}, values(out[1], "test.counter.1", "rate"), "1 + 2 + 10 - 2, and not 10 - 2")
	assert.Len(t, out[1].Series, 1, "the other counter of the first flush has nothing new")
	assert.Equal(t, []replay.Point{{Unix: 1020, Value: 0.1}}, values(out[2], "test.counter.3", "rate"))
	assert.Empty(t, out[3].Series)

	out = output(t, golden(t, "late_point_same_bucket_twice"))
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 0.1}}, values(out[0], "z", "rate"))
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 0.6}}, values(out[1], "z", "rate"), "1 + 5, and not 5")
}

func TestAGaugeAndACounterOfOneNameAreTwoSeries(t *testing.T) {
	out := output(t, golden(t, "type_mixing"))
	require.Len(t, out[0].Series, 2)
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 5}}, values(out[0], "x", "gauge"))
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 0.7}}, values(out[0], "x", "rate"))
}

func TestATagGivenTwiceIsGivenOnce(t *testing.T) {
	out := output(t, golden(t, "tag_order_and_dups"))
	require.Len(t, out[0].Series, 2)
	byTags := map[string]float64{}
	for _, m := range out[0].Series {
		byTags[strings.Join(m.Tags, " ")] = m.Points[0].Value
	}
	assert.Equal(t, map[string]float64{"b a": 0.3, "": 0.2}, byTags, "in the order of the first submission")
}

// Each kept increment weighs exactly ten, and a tenth is kept: over 400 buckets of
// ten the mean is right within five standard deviations.
func TestASamplingRateIsHeeded(t *testing.T) {
	const buckets = 400
	s := golden(t, "sample_rate_ignored")
	ops := s.Ops
	require.Len(t, ops, 10)
	s.Ops = nil
	for bucket := range buckets {
		for _, op := range ops {
			op.Timestamp = new(replay.Time(100 + 10*bucket))
			s.Ops = append(s.Ops, op)
		}
	}
	s.Flushes = []replay.FlushPlan{{At: replay.Inf}}
	total, sent := 0.0, 0
	for _, p := range values(output(t, s)[0], "x", "rate") {
		assert.Equal(t, math.Trunc(p.Value), p.Value, "a multiple of 10 per 10 s")
		assert.GreaterOrEqual(t, p.Value, 1.0)
		assert.LessOrEqual(t, p.Value, 10.0)
		total += p.Value
		sent++
	}
	deviation := math.Sqrt(10 * 0.1 * 0.9 / buckets)
	assert.InDelta(t, 1, total/buckets, 5*deviation)
	assert.Less(t, sent, buckets, "a bucket of which nothing was kept is not sent")
}

func TestWeightsOfSampledSubmissionsAreExact(t *testing.T) {
	s := &replay.Scenario{Flushes: []replay.FlushPlan{{At: replay.Inf}}}
	for i := range 2000 {
		op := replay.Op{Op: "increment", MetricName: "c", Timestamp: new(replay.Time(100)), SampleRate: new(0.25)}
		if i%2 == 0 {
			op.Op, op.MetricName, op.Value = "histogram", "h", []byte("3")
		}
		s.Ops = append(s.Ops, op)
	}
	out := output(t, s)[0]
	for _, metric := range []string{"c", "h.count"} {
		kept := values(out, metric, "rate")[0].Value * 10 / 4
		assert.Equal(t, math.Trunc(kept), kept, metric)
		assert.InDelta(t, 250, kept, 5*math.Sqrt(1000*0.25*0.75), metric)
	}
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 3}}, values(out, "h.avg", "gauge"))
}

// Of a known difference only the right output is taken.
func TestKnownDifferencesAreChecked(t *testing.T) {
	require.Len(t, replay.KnownDifferences, 5)
	for name, known := range replay.KnownDifferences {
		s := golden(t, name)
		assert.NotEmpty(t, known.Why)
		got := output(t, s)
		require.Empty(t, known.Check(s.Expect, got), name)
		assert.NotEmpty(t, known.Check(s.Expect, got[:len(got)-1]), "%s: a flush is missing", name)
		spoiled := output(t, s)
		for len(spoiled[0].Series) == 0 { // nothing was kept of what was sampled
			spoiled = output(t, s)
		}
		spoiled[0].Series[0].Points[0].Value += 0.5
		assert.NotEmpty(t, known.Check(s.Expect, spoiled), "%s: a wrong value", name)
	}
	for _, name := range []string{"counter_upstream", "late_point_same_bucket_twice", "type_mixing", "tag_order_and_dups"} {
		s := golden(t, name)
		assert.NotEmpty(t, replay.KnownDifferences[name].Check(s.Expect, s.Expect), "%s: as in datadogpy", name)
	}
}

// A client that forgets or invents something is noticed by the comparison with
// golden scenarios: each of them is spoiled in one place.
func TestASpoiledOutputIsNoticed(t *testing.T) {
	for _, s := range goldenFile(t).Scenarios {
		if _, ok := replay.KnownDifferences[s.Name]; ok || s.Start.Disabled || s.Name == "events" {
			continue
		}
		r, err := s.Run(t.Context(), stats.ProfileThreadStats)
		require.NoError(t, err)
		got, err := r.Payloads(stats.ProfileThreadStats)
		require.NoError(t, err)
		for i := range got {
			for j := range got[i].Series {
				before := got[i].Series[j].Points[0].Value
				got[i].Series[j].Points[0].Value = before*1.001 + 1e-9
				assert.NotEmpty(t, replay.CompareAll(s.Expect, got), "%s, flush %d, series %d", s.Name, i+1, j+1)
				got[i].Series[j].Points[0].Value = before
			}
		}
		require.Empty(t, replay.CompareAll(s.Expect, got))
	}
}

// The seeds' example gives rates to somebody who comes from ThreadStats, and by
// default the sums that it prints.
func TestTheSeedsExampleUnderBothProfiles(t *testing.T) {
	r, err := golden(t, "seed_roll5").Run(t.Context())
	require.NoError(t, err)
	for profile, want := range map[stats.Profile][]replay.Point{
		stats.ProfileThreadStats: {{Unix: 1577871015, Value: 0.2}, {Unix: 1577872800, Value: 0.6}, {Unix: 1577872805, Value: 0.4}},
		stats.ProfileDefault:     {{Unix: 1577871015, Value: 1}, {Unix: 1577872800, Value: 3}, {Unix: 1577872805, Value: 2}},
	} {
		out, err := r.Payloads(profile)
		require.NoError(t, err)
		kind := map[stats.Profile]string{stats.ProfileThreadStats: "rate", stats.ProfileDefault: "count"}[profile]
		assert.Equal(t, want, values(out[0], "c", kind))
		assert.Len(t, out[0].Series, 3)
		assert.Equal(t, 5.0, out[0].Series[0].Interval)
	}
}
