package rollup_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

// operation is one thing a drain may bring.
type operation struct {
	class  int // row of the series too
	slot   int
	n      int64
	value  float64
	seq    uint64
	member string
	bank   []float64
	extra  int // observations of the bank without a sample
}

func operations(t *rapid.T) []operation {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) operation {
		return operation{
			class:  rapid.IntRange(0, 4).Draw(t, "class"),
			slot:   rapid.SampledFrom([]int{0, 1, 63}).Draw(t, "slot"),
			n:      rapid.Int64Range(-1000, 1000).Draw(t, "n"),
			value:  float64(rapid.IntRange(-1000, 1000).Draw(t, "value")),
			member: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "member"),
			bank:   wholes(rapid.SliceOfN(rapid.IntRange(-50, 50), 1, 6).Draw(t, "bank")),
			extra:  rapid.IntRange(0, 3).Draw(t, "extra"),
		}
	}), 1, 40).Draw(t, "operations")
}

// wholes returns whole numbers, whose sums are exact in any order.
func wholes(ns []int) []float64 {
	out := make([]float64, len(ns))
	for i, n := range ns {
		out[i] = float64(n)
	}
	return out
}

func (o *operation) apply(b *rollup.Bucket) {
	switch o.class {
	case 0:
		b.AddCount(0, o.slot, o.n, o.value)
	case 1:
		b.SetTimedGauge(1, o.slot, o.value, o.seq)
	case 2:
		b.AddMember(2, o.slot, o.member)
	case 3:
		total, n := 0.0, uint64(len(o.bank)+o.extra)
		for _, v := range o.bank {
			total += v
		}
		b.AddObservations(3, o.slot, 0, n, total, slices.Min(o.bank), slices.Max(o.bank), o.bank, n)
	case 4:
		b.AddValues(4, o.slot, o.bank[:1], 1)
	}
}

// content is all that a bucket tells of exact figures.
func content(b *rollup.Bucket) map[[2]int]any {
	out := map[[2]int]any{}
	b.Each(func(row, slot int) {
		at := [2]int{row, slot}
		switch row {
		case 0:
			v, _ := b.Count(row, slot)
			out[at] = v
		case 1:
			out[at] = b.Gauge(row, slot)
		case 2:
			out[at] = b.AppendMembers(nil, row, slot)
		default:
			s := b.Summary(row, slot)
			out[at] = [4]float64{s.Count(), s.Sum(), s.Min(), s.Max()}
		}
	})
	return out
}

// What is split over several buckets and merged is what one bucket would hold,
// whatever the order of the merges.
func TestTheOrderOfMergesDoesNotMatter(t *testing.T) {
	wide := rollup.Limits{Reservoir: 5, Distribution: 1000, Members: 4}
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		ops := operations(t)
		whole := rollup.NewBucket(wide, rng)
		parts := make([]*rollup.Bucket, rapid.IntRange(1, 4).Draw(t, "buckets"))
		for i := range parts {
			parts[i] = rollup.NewBucket(wide, rng)
		}
		for i := range ops {
			ops[i].seq = uint64(i + 1)
			ops[i].apply(whole)
			ops[i].apply(parts[rng.IntN(len(parts))])
		}
		merged := rollup.NewBucket(wide, rng)
		for _, i := range rng.Perm(len(parts)) {
			parts[i].Each(func(row, slot int) { assert.Zero(t, merged.Merge(parts[i], row, slot)) })
		}
		assert.Equal(t, content(whole), content(merged))
	})
}

// The samples of merged banks are values that were submitted, sorted, bounded,
// and stand for all that the banks had sampled.
func TestMergedSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		b := rollup.NewBucket(rollup.Limits{Reservoir: limit}, rng)
		var all []float64
		stoodFor, kept := 0.0, 0
		for range rapid.IntRange(1, 30).Draw(t, "banks") {
			bank := make([]float64, rapid.IntRange(0, limit).Draw(t, "kept"))
			for i := range bank {
				bank[i] = float64(rng.IntN(1000))
			}
			n := uint64(1+len(bank)) * rapid.Uint64Range(1, 50).Draw(t, "seen")
			sampled := n
			if len(bank) == 0 {
				sampled = 0
			}
			b.AddObservations(0, 0, 0, n, 0, 0, 1000, bank, sampled)
			all = append(all, bank...)
			stoodFor += float64(sampled)
			kept += len(bank)
		}
		samples := b.Samples(0, 0)
		if kept == 0 {
			assert.Equal(t, []float64{0, 1000}, []float64{samples[0].Value, samples[1].Value})
			return
		}
		assert.Len(t, samples, min(kept, limit))
		assert.True(t, slices.IsSortedFunc(samples, func(x, y rollup.Sample) int { return cmp.Compare(x.Value, y.Value) }))
		total := 0.0
		for _, s := range samples {
			assert.Contains(t, all, s.Value)
			assert.Positive(t, s.Weight)
			total += s.Weight
		}
		assert.InEpsilon(t, stoodFor, total, 1e-9)
	})
}

// A distribution that is merged beyond its bound is thinned, with weights, and
// loses none of its count.
func TestMergedDistributionsStayBounded(t *testing.T) {
	b, part := newBucket(), newBucket()
	for i := range 100 {
		part.AddValues(0, 0, []float64{float64(i), float64(-i)}, 1)
		b.Merge(part, 0, 0)
		part.Reset()
	}
	s := b.Summary(0, 0)
	assert.Equal(t, []float64{200, 0, -99, 99}, []float64{s.Count(), s.Sum(), s.Min(), s.Max()})
	samples := b.Samples(0, 0)
	assert.Len(t, samples, limits.Distribution)
	total := 0.0
	for _, x := range samples {
		total += x.Weight
	}
	assert.InDelta(t, 200, total, 1e-9)
	assert.False(t, math.IsNaN(rollup.Percentile(samples, rollup.Million/2)))
}
