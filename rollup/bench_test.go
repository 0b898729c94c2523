package rollup_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shardstats/shardstats/rollup"
)

// What it costs to put 100,000 series into a bucket, to read them and to empty it.
func BenchmarkBucket(b *testing.B) {
	const series = 100_000
	for _, c := range []struct {
		kind string
		add  func(b *rollup.Bucket, row, slot int)
		read func(b *rollup.Bucket, row, slot int) float64
	}{
		{
			"counter", func(b *rollup.Bucket, row, slot int) { b.AddCount(row, slot, 1, 0) },
			func(b *rollup.Bucket, row, slot int) float64 { v, _ := b.Count(row, slot); return v },
		},
		{
			"gauge", func(b *rollup.Bucket, row, slot int) { b.SetGauge(row, slot, 1) },
			func(b *rollup.Bucket, row, slot int) float64 { return b.Gauge(row, slot) },
		},
		{
			"histogram", func(b *rollup.Bucket, row, slot int) { b.Observe(row, slot, 0, 1, 1) },
			func(b *rollup.Bucket, row, slot int) float64 { return b.Samples(row, slot)[0].Value },
		},
	} {
		b.Run(fmt.Sprintf("kind=%s/series=%d", c.kind, series), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			bucket := rollup.NewBucket(rollup.Limits{Reservoir: 1000, Distribution: 4096, Members: 100}, rng)
			b.ReportAllocs()
			sum := 0.0
			for b.Loop() {
				for i := range series {
					c.add(bucket, i/rollup.RowSlots, i%rollup.RowSlots)
				}
				bucket.Each(func(row, slot int) { sum += c.read(bucket, row, slot) })
				bucket.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*series), "ns/series")
		})
	}
}
