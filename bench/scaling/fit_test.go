package scaling

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planted returns flushes that cost what a line says, to within noise.
func planted(line [6]float64, noise float64) []FlushCost {
	rng := rand.New(rand.NewPCG(1, 2))
	var costs []FlushCost
	for _, series := range []int{1000, 10_000, 100_000, 1_000_000} {
		for _, shards := range []int{1, 2, 8, 64} {
			for _, touched := range []int{series, series / 10, 0} {
				lines := float64(shards) * min(float64(touched), float64(series)/8)
				ns := line[0] + line[1]*float64(series) + line[2]*float64(series*shards) +
					line[3]*float64(touched) + line[4]*float64(touched*shards) + line[5]*lines
				costs = append(costs, FlushCost{
					Series: series, Shards: shards, Touched: touched,
					NS: []float64{ns * (1 + noise*(2*rng.Float64()-1))},
				})
			}
		}
	}
	return costs
}

func TestTheLineFindsWhatWasPlanted(t *testing.T) {
	want := [6]float64{20_000, 18, 0.8, 110, 2, 20}
	line, err := FitLine(planted(want, 0))
	require.NoError(t, err)
	for i, term := range line.Terms {
		assert.InEpsilon(t, want[i], term.NS, 1e-6, term.Name)
	}
	for i := range line.Residuals {
		assert.InDelta(t, 0, line.Residuals[i], 1e-6)
	}
	line, err = FitLine(planted(want, 0.1))
	require.NoError(t, err)
	for i, term := range line.Terms {
		assert.InEpsilon(t, want[i], term.NS, 0.3, term.Name)
	}
	for i := range line.Residuals {
		assert.InDelta(t, 0, line.Residuals[i], 0.25)
	}
}

func TestTheLineOfOneSettingHasTheTermsThatCanBeTold(t *testing.T) {
	var costs []FlushCost
	for _, c := range planted([6]float64{20_000, 18, 0.5, 110, 2, 0}, 0) {
		if c.Shards == 2 {
			costs = append(costs, c)
		}
	}
	line, err := FitLine(costs)
	require.NoError(t, err)
	require.Len(t, line.Terms, 3)
	assert.InEpsilon(t, 20_000, line.Terms[0].NS, 1e-6)
	assert.InEpsilon(t, 19, line.Terms[1].NS, 1e-6, "a live series and its two cells")
	assert.InEpsilon(t, 114, line.Terms[2].NS, 1e-6, "a touched series and its two cells")
}

func TestALineThatCannotBeFittedIsAnError(t *testing.T) {
	all := planted([6]float64{1, 1, 1, 1, 1, 1}, 0)
	for name, costs := range map[string][]FlushCost{
		"none":              nil,
		"three of them":     all[:3],
		"one number alone":  {all[0], all[0], all[0], all[0], all[0]},
		"nothing touched":   {all[2], all[5], all[8], all[11], all[14]},
		"not measured once": {{}, {}, {}, {}, {}},
	} {
		_, err := FitLine(costs)
		assert.Error(t, err, name)
	}
}

func TestCostsAreSplitByWhatTheyNeed(t *testing.T) {
	within, beyond := Split([]FlushCost{{Series: 1000, Shards: 2}, {Series: 1000, Shards: 64}, {Series: 2000, Shards: 2}}, 300_000)
	assert.Equal(t, []FlushCost{{Series: 1000, Shards: 2}}, within)
	assert.Len(t, beyond, 2)
}
