package plots

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTicksHaveShortLabels(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.25: "0.25", 950: "950", 1000: "1k", 1500: "1.5k", 20e6: "20M", 3e9: "3G", -2000: "-2k", 1e15: "1e15", 1e-7: "1e-07",
		0.30000000000000004: "0.3",
	} {
		assert.Equal(t, want, short(v))
	}
}

func TestALogarithmicAxisHasLabelsAlsoWithinADecade(t *testing.T) {
	labels := func(low, high float64) []string {
		var found []string
		for _, tick := range (logTicks{}).Ticks(low, high) {
			if !tick.IsMinor() {
				found = append(found, tick.Label)
			}
		}
		return found
	}
	assert.Equal(t, []string{"20", "50"}, labels(20, 50))
	assert.Equal(t, []string{"1", "2", "5", "10", "20", "50", "100"}, labels(1, 100))
	assert.Len(t, labels(1, 1e6), 7)
	assert.LessOrEqual(t, len(labels(1e-100, 1e100)), 9)
}

func TestALinearAxisHasStepsThatAreEasyToRead(t *testing.T) {
	labels := func(low, high float64) []string {
		var found []string
		for _, tick := range (linearTicks{}).Ticks(low, high) {
			found = append(found, tick.Label)
		}
		return found
	}
	assert.Equal(t, []string{"0", "10M", "20M"}, labels(0, 27e6))
	assert.Equal(t, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}, labels(0, 1))
	assert.Equal(t, []string{"-50", "0", "50"}, labels(-60, 90))
	assert.LessOrEqual(t, len(labels(1e100, 1.0000000000000002e100)), 2*wantedTicks+1)
}

func TestAxesReachTheNextStep(t *testing.T) {
	assert.Equal(t, 20.0, stepBelow(20))
	assert.Equal(t, 20.0, stepBelow(49))
	assert.Equal(t, 50.0, stepAbove(21))
	assert.Equal(t, 100.0, stepAbove(51))
}

func TestLabelsAreWrappedAtBlanks(t *testing.T) {
	fits := func(s string) bool { return len(s) <= 9 }
	assert.Equal(t, "one two\nthree", wrap("one two  three", fits))
	assert.Equal(t, "unbreakable\nword", wrap("unbreakable word", fits))
	assert.Equal(t, " ", wrap("", fits))
}

func TestNoTwoColoursAreTheSame(t *testing.T) {
	var seen []uint32
	for _, tone := range append([]tone{paper, ink, grid}, palette...) {
		assert.NotContains(t, seen, tone.light, "a rule for dark pages would meet two colours")
		seen = append(seen, tone.light)
	}
	assert.False(t, slices.Contains(seen, 0), "vgsvg leaves black out")
}
