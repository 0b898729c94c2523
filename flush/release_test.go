package flush

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
)

func TestTheLastReferenceRecycles(t *testing.T) {
	m := newMade()
	h := m.batch(adding("a"))
	h.retain()
	h.retain()
	h.release()
	h.release()
	assert.Empty(t, m.recycled)
	h.release()
	m.free(t)
	assert.Panics(t, func() { h.release() }, "one reference too many")
}

func TestScribbleWritesOverWhatTheBatchOwns(t *testing.T) {
	tags := []string{"a:b", "c"}
	members := []string{"m"}
	sum := &transport.Summary{Count: 1, Samples: []transport.Sample{{Value: 1, Weight: 1}}}
	b := &transport.Batch{Series: []transport.Series{
		{Name: "n", Tags: tags, Host: "h", Points: []transport.Point{{Unix: 1, Value: 2, Members: members}, {Unix: 2, Summary: sum}}},
	}}
	points := b.Series[0].Points
	scribble(b)
	assert.Equal(t, "reused", b.Series[0].Name)
	assert.True(t, math.IsNaN(points[0].Value))
	assert.NotEqual(t, int64(1), points[0].Unix)
	assert.Nil(t, points[1].Summary)
	assert.Equal(t, []string{"reused", "reused"}, tags)
	assert.Equal(t, []string{"m"}, members, "another sender may read them")
	assert.Equal(t, 1.0, sum.Count, "another sender may read it")

	scribbleSummary(sum)
	assert.True(t, math.IsNaN(sum.Count))
	assert.True(t, math.IsNaN(sum.Samples[0].Value))
}

func TestATransportThatKeepsABatchShowsUnderInvariants(t *testing.T) {
	var kept []transport.Series
	tr := answer(func(_ context.Context, _ int, b *transport.Batch) error { kept = b.Series; return nil })
	m := newMade()
	s, _ := started(t, tr, manual)
	m.hand(s, adding("a"))
	assert.NoError(t, s.wait(t.Context()))
	want := "a"
	if invariants {
		want = "reused"
	}
	assert.Equal(t, want, kept[0].Name)
}
