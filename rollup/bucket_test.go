package rollup_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/rollup"
)

// limits are small enough for tests to reach them.
var limits = rollup.Limits{Reservoir: 10, Distribution: 8, Members: 4}

func newBucket() *rollup.Bucket {
	return rollup.NewBucket(limits, rand.New(rand.NewPCG(1, 2)))
}

// sum returns what a counter adds up to.
func sum(t *testing.T, b *rollup.Bucket, row, slot int) float64 {
	t.Helper()
	v, finite := b.Count(row, slot)
	assert.True(t, finite, "the sum is finite")
	return v
}

func TestCounters(t *testing.T) {
	const most = math.MaxInt64
	for _, c := range []struct {
		name string
		ints []int64
		adds []float64
		want float64
	}{
		{"a touched counter of 0 is there", []int64{0}, nil, 0},
		{"deltas add up", []int64{3, -5, 4}, nil, 2},
		{"whole and fractional deltas add up", []int64{3}, []float64{0.5, -1}, 2.5},
		{"the sum stops at the largest value", []int64{most, 1}, nil, most},
		{"the sum stops at the smallest value", []int64{-most, -1, -1}, nil, -most},
		{"a sum of the smallest value and itself stays negative", []int64{math.MinInt64, math.MinInt64}, nil, -most},
		{"a large sum comes back", []int64{most, 1, -most}, nil, 0},
		{"fractional deltas go beyond whole ones", nil, []float64{1 << 62, 1 << 62, 1 << 62}, 3 * (1 << 62)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBucket()
			for _, n := range c.ints {
				b.AddCount(2, 63, n, 0)
			}
			for _, f := range c.adds {
				b.AddCount(2, 63, 0, f)
			}
			assert.Equal(t, c.want, sum(t, b, 2, 63))
		})
	}
}

func TestASumThatIsNotFiniteIsSaid(t *testing.T) {
	b := newBucket()
	b.AddCount(0, 0, 0, math.MaxFloat64)
	b.AddCount(0, 0, 0, math.MaxFloat64)
	_, finite := b.Count(0, 0)
	assert.False(t, finite)
	b.AddCount(0, 0, 0, math.Inf(-1))
	_, finite = b.Count(0, 0)
	assert.False(t, finite, "infinity less infinity is no number")

	b.AddObservations(1, 0, 0, 2, math.Inf(1), 1, math.MaxFloat64, nil, 0)
	assert.False(t, b.Summary(1, 0).Finite())
}

func TestGauges(t *testing.T) {
	b := newBucket()
	b.SetTimedGauge(0, 0, 1, 10)
	b.SetTimedGauge(0, 0, 2, 9)
	assert.Equal(t, 1.0, b.Gauge(0, 0), "of timed writes the one with the highest number stays")
	b.SetTimedGauge(0, 0, 3, 11)
	assert.Equal(t, 3.0, b.Gauge(0, 0))
	b.SetGauge(0, 0, 4)
	b.SetTimedGauge(0, 0, 5, 12)
	assert.Equal(t, 4.0, b.Gauge(0, 0), "a write without a timestamp wins")
	b.SetGauge(0, 0, 6)
	assert.Equal(t, 6.0, b.Gauge(0, 0), "of two such writes the last stays")
}

func TestAGaugeThatStands(t *testing.T) {
	sent, late := newBucket(), newBucket()
	sent.SetTimedGauge(0, 0, 1, 10)
	late.SetTimedGauge(0, 0, 2, 9)
	assert.True(t, sent.GaugeStands(0, 0, late))
	late.SetTimedGauge(0, 0, 2, 11)
	assert.False(t, sent.GaugeStands(0, 0, late))
	sent.SetGauge(0, 0, 3)
	assert.True(t, sent.GaugeStands(0, 0, late))
	late.SetGauge(0, 0, 4)
	assert.False(t, sent.GaugeStands(0, 0, late))
}

func TestSets(t *testing.T) {
	b := newBucket()
	for _, m := range []string{"b", "a", "b", "", "c"} {
		assert.True(t, b.AddMember(0, 5, m), "%q has room", m)
	}
	assert.False(t, b.AddMember(0, 5, "d"), "there is no room for a fifth member")
	assert.True(t, b.AddMember(0, 5, "a"), "one that is there is in")
	assert.Equal(t, 4, b.Members(0, 5))
	assert.Equal(t, []string{"0", "", "a", "b", "c"}, b.AppendMembers([]string{"0"}, 0, 5))

	late := newBucket()
	for _, m := range []string{"a", "x", "y"} {
		late.AddMember(0, 5, m)
	}
	assert.Equal(t, 2, b.Merge(late, 0, 5), "two members found no room")
	late.RemoveMembers(0, 5, b, 0, 5)
	assert.Equal(t, []string{"x", "y"}, late.AppendMembers(nil, 0, 5))
}

func TestDistributions(t *testing.T) {
	b := newBucket()
	assert.Zero(t, b.AddValues(0, 0, []float64{5, 1, 3}, 1))
	assert.Zero(t, b.AddValues(0, 0, []float64{2, 2, 2, 2}, 1))
	assert.Equal(t, 2, b.AddValues(0, 0, []float64{9, 100, -100}, 1), "the bound is 8")
	s := b.Summary(0, 0)
	assert.Equal(t, []float64{8, 26, 1, 9}, []float64{s.Count(), s.Sum(), s.Min(), s.Max()}, "of the values kept")
	var got []float64
	for _, x := range b.Samples(0, 0) {
		assert.Equal(t, 1.0, x.Weight)
		got = append(got, x.Value)
	}
	assert.Equal(t, []float64{1, 2, 2, 2, 2, 3, 5, 9}, got)
}

func TestABankWithoutSamples(t *testing.T) {
	b := newBucket()
	b.AddObservations(0, 0, 0, 4, 20, -1, 12, nil, 0)
	assert.Equal(t, []rollup.Sample{{Value: -1, Weight: 2}, {Value: 12, Weight: 2}}, b.Samples(0, 0),
		"the minimum and the maximum stand for all if there is no sample")

	b.AddObservations(0, 0, 0, 1, 7, 7, 7, []float64{7}, 1)
	s := b.Summary(0, 0)
	assert.Equal(t, []float64{5, 27, -1, 12}, []float64{s.Count(), s.Sum(), s.Min(), s.Max()})
	assert.Equal(t, []rollup.Sample{{Value: 7, Weight: 1}}, b.Samples(0, 0), "and leave when there is one")
}

func TestAMergeOfABucketThatWasRead(t *testing.T) {
	read, into := newBucket(), newBucket()
	read.AddObservations(0, 0, 0, 4, 20, -1, 12, nil, 0)
	read.Samples(0, 0)
	into.Observe(0, 0, 0, 5, 1)
	into.Merge(read, 0, 0)
	assert.Equal(t, 5.0, into.Summary(0, 0).Count())
	assert.Equal(t, []rollup.Sample{{Value: 5, Weight: 1}}, into.Samples(0, 0), "what stood in for samples is not merged")
}

func TestWeights(t *testing.T) {
	b := newBucket()
	b.AddObservations(0, 0, 0, 30, 30, 1, 1, []float64{1, 1, 1}, 30)
	b.AddObservations(0, 0, 0, 7, 14, 2, 2, []float64{2, 2}, 5)
	assert.Equal(t, []rollup.Sample{{1, 10}, {1, 10}, {1, 10}, {2, 2.5}, {2, 2.5}}, b.Samples(0, 0))
	assert.Equal(t, 37.0, b.Summary(0, 0).Count())
}

func TestMergingIntoAnotherSlot(t *testing.T) {
	src, b := newBucket(), newBucket()
	src.AddCount(3, 7, 2, 0.5)
	b.AddCount(0, 1, 1, 0)
	b.MergeInto(0, 1, src, 3, 7)
	assert.Equal(t, 3.5, sum(t, b, 0, 1))
	assert.False(t, b.Has(3, 7))
}

func TestWhatIsTouched(t *testing.T) {
	b := newBucket()
	assert.True(t, b.Empty())
	assert.False(t, b.Has(9, 9))
	b.AddCount(3, 63, 0, 0)
	b.SetGauge(1, 0, 0)
	b.AddCount(3, 2, 1, 0)
	var got [][2]int
	b.Each(func(row, slot int) { got = append(got, [2]int{row, slot}) })
	assert.Equal(t, [][2]int{{1, 0}, {3, 2}, {3, 63}}, got, "by row and slot")
	assert.Equal(t, 3, b.Len())
	assert.True(t, b.Has(3, 63))
	assert.False(t, b.Has(3, 62))
	b.Reset()
	assert.True(t, b.Empty())
	assert.Zero(t, b.Len())
	assert.False(t, b.Has(3, 63))
	b.Each(func(row, slot int) { assert.Fail(t, "nothing is touched", "%d %d", row, slot) })
}

func TestAReusedBucketIsClean(t *testing.T) {
	b := newBucket()
	for range 3 {
		b.AddCount(0, 1, 5, 0.5)
		b.SetTimedGauge(1, 1, 8, 100)
		b.AddMember(2, 1, "m")
		b.AddObservations(3, 1, 0, 2, 10, -5, 15, []float64{-5, 15}, 2)
		b.AddValues(4, 1, []float64{1, 2, 3, 4, 5, 6, 7}, 1)
		b.Reset()

		b.AddCount(0, 1, 1, 0)
		assert.Equal(t, 1.0, sum(t, b, 0, 1))
		b.SetTimedGauge(1, 1, 9, 1)
		assert.Equal(t, 9.0, b.Gauge(1, 1))
		b.AddMember(2, 1, "n")
		assert.Equal(t, []string{"n"}, b.AppendMembers(nil, 2, 1))
		b.Observe(3, 1, 0, 2, 1)
		s := b.Summary(3, 1)
		assert.Equal(t, []float64{1, 2, 2, 2}, []float64{s.Count(), s.Sum(), s.Min(), s.Max()})
		assert.Len(t, b.Samples(3, 1), 1)
		assert.Zero(t, b.AddValues(4, 1, make([]float64, 8), 1), "the whole bound is free")
		b.Reset()
	}
}

func TestWeightedObservations(t *testing.T) {
	b := newBucket()
	rate := 0.3
	third := 1 / rate // what one submission at rate 0.3 stands for
	b.Observe(0, 0, 0, 6, third)
	b.Observe(0, 0, 0, 3, 1)
	assert.Zero(t, b.AddValues(1, 0, []float64{6, 9}, third))
	s := b.Summary(0, 0)
	assert.Equal(t, []float64{1 + third, 3 + 6*third, 3, 6}, []float64{s.Count(), s.Sum(), s.Min(), s.Max()})
	assert.Equal(t, []rollup.Sample{{Value: 3, Weight: 1}, {Value: 6, Weight: third}}, b.Samples(0, 0))
	assert.Equal(t, []rollup.Sample{{Value: 6, Weight: third}, {Value: 9, Weight: third}}, b.Samples(1, 0))

	late := newBucket()
	late.Observe(0, 0, 0, 12, 2)
	b.Merge(late, 0, 0)
	assert.Equal(t, 3+third, s.Count())
	assert.Equal(t, 27+6*third, s.Sum())
}

func TestAReservoirOfItsOwnSize(t *testing.T) {
	b := newBucket()
	for i := range 100 {
		b.Observe(0, 0, 3, float64(i), 1)
		b.Observe(0, 1, 50, float64(i), 1)
		b.Observe(0, 2, 0, float64(i), 1)
	}
	assert.Len(t, b.Samples(0, 0), 3)
	assert.Len(t, b.Samples(0, 1), 50)
	assert.Len(t, b.Samples(0, 2), 10, "the bucket's own limit")
	merged := newBucket()
	merged.Merge(b, 0, 1)
	assert.Len(t, merged.Samples(0, 1), 50, "the size goes along")
}

func TestTheOrderOfFirstTouchIsKeptWhereItIsAskedFor(t *testing.T) {
	for inOrder, want := range map[bool][][2]int{true: {{1, 5}, {0, 9}, {1, 2}}, false: {{0, 9}, {1, 2}, {1, 5}}} {
		limits := limits
		limits.InOrder = inOrder
		b := rollup.NewBucket(limits, rand.New(rand.NewPCG(1, 2)))
		for range 2 { // as well after a Reset
			b.Reset()
			b.AddCount(1, 5, 1, 0)
			b.AddCount(0, 9, 1, 0)
			b.AddCount(1, 5, 1, 0)
			b.AddCount(1, 2, 1, 0)
			var got [][2]int
			b.EachInOrder(func(row, slot int) { got = append(got, [2]int{row, slot}) })
			assert.Equal(t, want, got, "asked for: %v", inOrder)
		}
	}
}
