package rollup_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/shardstats/shardstats/rollup"
)

func Example() {
	b := rollup.NewBucket(rollup.Limits{Reservoir: 1000, Distribution: 1000, Members: 1000}, rand.New(rand.NewPCG(1, 2)))

	// Two processors brought a counter; slot 3 of row 0 is its place.
	b.AddCount(0, 3, 5, 0)
	b.AddCount(0, 3, 2, 0)
	// A histogram saw four requests, in milliseconds, and kept all.
	b.AddObservations(1, 0, 0, 4, 160, 10, 100, []float64{20, 100, 10, 30}, 4)

	requests, _ := b.Count(0, 3)
	fmt.Println("requests:", requests)
	samples := b.Samples(1, 0)
	fmt.Println("median:", rollup.Percentile(samples, rollup.ToPPM(0.5)))
	fmt.Println("95 %:", rollup.Percentile(samples, rollup.ToPPM(0.95)))
	// Output:
	// requests: 7
	// median: 20
	// 95 %: 100
}
