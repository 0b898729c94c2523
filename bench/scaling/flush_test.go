package scaling

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFlushesDeliverWhatWasTouched(t *testing.T) {
	plan := FlushPlan{Series: []int{300}, Shards: []int{1, 2}, Fractions: []float64{1, 0.1, 0}, Wires: Wires(), Rounds: 2}
	var told int
	costs, err := MeasureFlush(plan, func(*FlushCost) { told++ })
	require.NoError(t, err)
	require.Len(t, costs, 9, "Datadog's wire at 2 shards only")
	assert.Equal(t, 9, told)
	for _, c := range costs {
		assert.Len(t, c.NS, 2)
		assert.Len(t, c.PerTouched(), map[bool]int{true: 2}[c.Touched > 0])
		assert.Equal(t, c.Wire.GoalNS == 900 && c.Touched > 0, c.Bytes > 0, "bytes of %s", c.Wire.Name)
	}
	assert.Equal(t, []int{300, 30, 0}, []int{costs[0].Touched, costs[1].Touched, costs[2].Touched})
}

func TestAFlushThatDeliversSomethingElseIsAnError(t *testing.T) {
	m, err := newMeter(Wires()[0], 100, 2)
	require.NoError(t, err)
	defer func() {
		m.close(&err)
		assert.NoError(t, err)
	}()
	m.herd.touch(0.5)
	_, err = m.flush(51)
	assert.ErrorContains(t, err, "delivered 50 points of 51")
	m.herd.touch(0.5)
	_, err = m.flush(50)
	assert.NoError(t, err)
}

func TestTouchingReachesEveryShard(t *testing.T) {
	m, err := newMeter(Wires()[0], 1000, 4)
	require.NoError(t, err)
	assert.Positive(t, m.herd.touch(0.1))
	assert.Equal(t, 1.0, m.herd.touch(0), "nothing to do, nothing missed")
	m.close(&err)
	require.NoError(t, err)
}

func TestRounds(t *testing.T) {
	p := FlushPlan{}
	assert.Equal(t, 50, p.rounds(0))
	assert.Equal(t, 20, p.rounds(100_000))
	assert.Equal(t, 5, p.rounds(1_000_000))
	p.Rounds = 7
	assert.Equal(t, 7, p.rounds(1))
}
