package tune_test

import (
	"fmt"

	"github.com/shardstats/shardstats/bench/tune"
)

// A decision from rounds that were measured elsewhere: the nanoseconds of one
// submission, by block and by round.
func ExampleChoose() {
	two := tune.Rounds{{50, 51}, {49, 50}, {52, 55}, {50, 50}, {51, 90}, {50, 49}}
	four := tune.Rounds{{40, 41}, {40, 41}, {42, 43}, {39, 40}, {41, 70}, {41, 40}}
	v := tune.Choose([]tune.Candidate{{Value: 2, Rounds: two}, {Value: 4, Rounds: four}}, 2, tune.DefaultRule)
	c := v.Of(4)
	fmt.Printf("use %d: %.2f times as fast (%.2f to %.2f)\n", v.Value, c.Mid, c.Low, c.High)
	// Output: use 4: 1.26 times as fast (1.23 to 1.29)
}
