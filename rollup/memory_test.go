package rollup_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/rollup"
)

// Row 0 has counters, 1 gauges, 2 sets, 3 histograms and 4 distributions.
const slots = 3

// figures is what a bucket tells, but for samples: they are thinned at random.
func figures(b *rollup.Bucket) (out []string) {
	b.Each(func(row, slot int) {
		text := fmt.Sprint(row, ".", slot, " ")
		switch row {
		case 0:
			sum, finite := b.Count(row, slot)
			text += fmt.Sprint(sum, finite)
		case 1:
			text += fmt.Sprint(b.Gauge(row, slot))
		case 2:
			text += fmt.Sprint(b.AppendMembers(nil, row, slot))
		default:
			s := b.Summary(row, slot)
			text += fmt.Sprint(s.Count(), s.Sum(), s.Min(), s.Max())
		}
		out = append(out, text)
	})
	return out
}

// Buckets that share a memory are as those with one of their own: what a row was used
// for before does not show, and no two buckets have one row.
func TestBucketsOfOneMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := func() *rand.Rand { return rand.New(rand.NewPCG(3, 4)) }
		memory := rollup.NewMemory(limits, rng())
		shared, own := make([]*rollup.Bucket, 4), make([]*rollup.Bucket, 4)
		for i := range shared {
			shared[i], own[i] = memory.Bucket(), rollup.NewBucket(limits, rng())
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i, slot := rapid.IntRange(0, 3).Draw(t, "bucket"), rapid.IntRange(0, slots-1).Draw(t, "slot")
			v := float64(rapid.IntRange(-9, 9).Draw(t, "value"))
			what := rapid.IntRange(0, 9).Draw(t, "what")
			from := rapid.IntRange(0, 3).Draw(t, "from")
			do := func(all []*rollup.Bucket, anew func() *rollup.Bucket) {
				b := all[i]
				switch what {
				case 0:
					b.AddCount(0, slot, int64(v), 0)
				case 1:
					b.AddCount(0, slot, 0, v/2)
				case 2:
					b.SetGauge(1, slot, v)
				case 3:
					b.SetTimedGauge(1, slot, v, uint64(v+10))
				case 4:
					b.AddMember(2, slot, fmt.Sprint(v))
				case 5:
					b.Observe(3, slot, 0, v, 1)
				case 6:
					b.AddValues(4, slot, []float64{v}, 1)
				case 7:
					if from != i {
						all[from].Each(func(row, slot int) { b.Merge(all[from], row, slot) })
					}
				case 8:
					b.Reset()
				case 9: // given up, and another made
					b.Reset()
					all[i] = anew()
				}
			}
			do(shared, memory.Bucket)
			do(own, func() *rollup.Bucket { return rollup.NewBucket(limits, rng()) })
			for j := range shared {
				require.Equal(t, figures(own[j]), figures(shared[j]))
				require.Equal(t, own[j].Len(), shared[j].Len())
				require.Equal(t, own[j].Empty(), shared[j].Empty())
			}
		}
	})
}

func TestAMemoryKeepsAFewRowsOfANumber(t *testing.T) {
	memory := rollup.NewMemory(limits, rand.New(rand.NewPCG(1, 2)))
	var many []*rollup.Bucket
	for range 100 { // back-fill
		b := memory.Bucket()
		b.AddCount(7, 1, 1, 0)
		many = append(many, b)
	}
	many[0].Reset()
	assert.Equal(t, 1, rollup.Free(memory, 7))
	for _, b := range many {
		b.Reset()
	}
	assert.Equal(t, 4, rollup.Free(memory, 7))
	memory.Bucket().AddCount(7, 1, 1, 0)
	assert.Equal(t, 3, rollup.Free(memory, 7))
}

// What a bucket has forgotten serves the others of its memory, and what it has not
// stays.
func TestForget(t *testing.T) {
	memory := rollup.NewMemory(limits, rand.New(rand.NewPCG(1, 2)))
	fill := func(b *rollup.Bucket) {
		b.AddCount(0, 1, 7, 0.5)
		b.SetTimedGauge(1, 2, 8, 1)
		b.AddMember(2, 3, "m")
		b.Observe(3, 4, 0, 9, 1)
		b.AddValues(4, 5, []float64{10}, 1)
	}
	touched := func(b *rollup.Bucket) (out [][2]int) {
		b.Each(func(row, slot int) {
			assert.True(t, b.Has(row, slot))
			out = append(out, [2]int{row, slot})
		})
		assert.Equal(t, len(out), b.Len())
		assert.Equal(t, len(out) == 0, b.Empty())
		return out
	}
	all := [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}}
	for range 3 {
		a, b := memory.Bucket(), memory.Bucket()
		fill(a)
		counters, summaries := rollup.Free(memory, 0), rollup.Free(memory, 3)
		a.Forget(true, false)
		assert.Equal(t, []int{counters + 1, summaries}, []int{rollup.Free(memory, 0), rollup.Free(memory, 3)})
		assert.Equal(t, 9.0, a.Summary(3, 4).Sum())
		a.Forget(false, true)
		a.Forget(true, true) // nothing is left to forget
		assert.Equal(t, []int{counters + 1, summaries + 1}, []int{rollup.Free(memory, 0), rollup.Free(memory, 3)})
		assert.Equal(t, all, touched(a))
		assert.Equal(t, 8.0, a.Gauge(1, 2))
		assert.Equal(t, 1, a.Members(2, 3))

		fill(b)
		assert.Equal(t, all, touched(b))
		assert.Equal(t, 7.5, sum(t, b, 0, 1))
		assert.Equal(t, []float64{9, 10}, []float64{b.Summary(3, 4).Sum(), b.Summary(4, 5).Sum()})

		merged := memory.Bucket()
		b.Each(func(row, slot int) { merged.Merge(b, row, slot) })
		assert.Equal(t, figures(b), figures(merged))
		merged.Reset()

		a.AddCount(0, 9, 1, 0) // new to it
		assert.Equal(t, 1.0, sum(t, a, 0, 9))
		assert.Equal(t, 7.5, sum(t, b, 0, 1))
		a.Reset()
		b.Reset()
		assert.Empty(t, touched(a))
	}
}
