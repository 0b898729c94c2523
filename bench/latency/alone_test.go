package latency

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whatever the submission and the timer take, and however slow ones of both go
// together, the truth is between the bounds.
func TestTheSubmissionAloneIsBetweenTheBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	rare := func(n int, usual, slow int64) int64 {
		if random.IntN(n) == 0 {
			return slow + int64(random.ExpFloat64()*float64(slow))
		}
		return usual + random.Int64N(usual)
	}
	togethers := map[string]func() (submission, timer int64){
		"each for itself": func() (int64, int64) { return rare(500, 60, 3000), rare(2000, 25, 4000) },
		"slow together": func() (int64, int64) {
			if random.IntN(1000) == 0 {
				return 5000, 4000
			}
			return 60, 25
		},
		"never slow together": func() (int64, int64) {
			switch random.IntN(1000) {
			case 0:
				return 5000, 25
			case 1:
				return 60, 4000
			}
			return 60, 25
		},
		"a timer that is always the same": func() (int64, int64) { return rare(500, 60, 3000), 25 },
	}
	for name, both := range togethers {
		t.Run(name, func(t *testing.T) {
			var submission, timer, measured Histogram
			for range 200_000 {
				s, c := both()
				submission.Record(s)
				timer.Record(c)
				measured.Record(s + c)
			}
			for _, p := range []float64{0.1, 0.5, 0.9, 0.99, 0.999, 0.9999} {
				low, high := Alone(&measured, &timer, p)
				truth := float64(submission.Quantile(p))
				assert.LessOrEqual(t, float64(low), truth*1.02, p)
				assert.GreaterOrEqual(t, float64(high), truth*0.98, p)
				if name == "a timer that is always the same" {
					assert.InEpsilon(t, truth, low, 0.02, p)
					assert.InEpsilon(t, truth, high, 0.02, p)
				}
			}
		})
	}
}

func TestWithoutATimerTheBoundsSayLittle(t *testing.T) {
	var measured, none Histogram
	measured.Record(100)
	low, high := Alone(&measured, &none, 0.5)
	assert.Zero(t, low)
	assert.EqualValues(t, 100, high)
}
