package scaling

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachLoadAddsAsOftenAsItSays(t *testing.T) {
	var n atomic.Int64
	count := func(k int) { n.Add(int64(k)) }
	spawning(count)(400)
	assert.EqualValues(t, 400, n.Swap(0))
	crowd(count)(64 * request * 3)
	assert.EqualValues(t, 64*request*3, n.Swap(0))

	own, shared := new(line), new(line)
	partly(own, shared, 4)(100)
	assert.EqualValues(t, 75, own.n.Load())
	assert.EqualValues(t, 25, shared.n.Load())
}

func TestSharingMeasuresEachLoadAndPredictsSome(t *testing.T) {
	s, err := MeasureSharing(SharingPlan{Rounds: 2, Ops: 2000})
	require.NoError(t, err)
	require.Len(t, s.Costs, len(loads()))
	for _, c := range s.Costs {
		assert.Len(t, c.NS, 2, c.Name)
		assert.Positive(t, c.NS[0], c.Name)
	}
	for _, c := range s.Costs {
		if c.Goroutines == 2 && (c.Name == loadOneWord || c.Name == loadRarely || c.Name == loadNowAndThen) {
			assert.Zero(t, c.PredictedNS, "the model is made from %s: that it agrees says nothing", c.Name)
		}
	}
	for name, p := range s.Kinds() {
		assert.Positive(t, p.OwnNS, name)
		assert.Positive(t, p.ServeNS(), name)
	}
}

func TestParametersComeFromTheirLoads(t *testing.T) {
	s := &Sharing{Costs: []LoadCost{
		{Name: loadOwn, Goroutines: 1, NS: []float64{2, 2, 9}},
		{Name: loadRarely, Goroutines: 2, NS: []float64{3}},
		{Name: loadOneWord, Goroutines: 2, NS: []float64{8}},
		{Name: BoundCounter, Goroutines: 1, NS: []float64{3}},
		{Name: loadNowAndThen, Goroutines: 2, NS: []float64{5}},
	}}
	par := s.Parameters()
	assert.Equal(t, Parameters{OwnNS: 3, TransferNS: 64, GraceNS: 32}, par)
	assert.Equal(t, s.oneWord(), PredictOneWord(par.with(2), 2).NS, "what it was made from")
	s.Costs[2].NS = []float64{4} // as if it were two words
	assert.Equal(t, 64.0, s.Parameters().GraceNS)
	s.Costs[4].NS = []float64{10}
	assert.Equal(t, 128.0, s.Parameters().TransferNS, "what is hidden where adds to the word are rarer")
	assert.Panics(t, func() { s.of(loadPeer, 1) })
}
