package flush

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
)

func TestJudge(t *testing.T) {
	cause := errors.New("boom")
	reject := func(at ...int) []transport.Rejection {
		var out []transport.Rejection
		for _, i := range at {
			out = append(out, transport.Rejection{Index: i, Reason: "no"})
		}
		return out
	}
	for name, c := range map[string]struct {
		err       error
		outcome   transport.Outcome
		delivered int
		rejected  []int
		flaw      string
	}{
		"a plain error is permanent":         {err: cause, outcome: transport.Permanent},
		"a wrapped one keeps its outcome":    {err: fmt.Errorf("x: %w", &transport.SendError{Outcome: transport.Retry, Err: cause}), outcome: transport.Retry},
		"part delivered":                     {err: &transport.SendError{Outcome: transport.Retry, Delivered: 2, Err: cause}, outcome: transport.Retry, delivered: 2},
		"more delivered than there was":      {err: &transport.SendError{Delivered: 9, Err: cause}, delivered: 4, flaw: "9 of 4 points delivered"},
		"less than nothing delivered":        {err: &transport.SendError{Delivered: -1, Err: cause}, flaw: "-1 of 4 points"},
		"an outcome that is none":            {err: &transport.SendError{Outcome: 77, Err: cause}, outcome: transport.Permanent, flaw: "outcome 77"},
		"rejections in any order":            {err: &transport.SendError{Rejected: reject(3, 1), Err: cause}, rejected: []int{1, 3}},
		"rejected twice":                     {err: &transport.SendError{Rejected: reject(1, 1), Err: cause}, rejected: []int{1}, flaw: "1 points rejected twice"},
		"rejected outside":                   {err: &transport.SendError{Rejected: reject(-1, 4, 2), Err: cause}, rejected: []int{2}, flaw: "2 rejected points outside"},
		"delivered and rejected is rejected": {err: &transport.SendError{Delivered: 4, Rejected: reject(0), Err: cause}, delivered: 4, rejected: []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(c.err, 4)
			assert.False(t, v.ok)
			assert.Equal(t, c.outcome, v.outcome)
			assert.Equal(t, c.delivered, v.delivered)
			assert.Equal(t, c.rejected, pointsOf(v.rejected))
			assert.ErrorIs(t, v.err, cause)
			if c.flaw == "" {
				assert.Equal(t, c.err, v.err)
			} else {
				assert.ErrorContains(t, v.err, c.flaw)
			}
		})
	}
	assert.True(t, judge(nil, 4).ok)
	assert.True(t, judge((*transport.SendError)(nil), 4).ok, "a typed nil is no error")
}

func TestAVerdictAlwaysFitsTheBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		se := &transport.SendError{
			Outcome:   transport.Outcome(rapid.IntRange(-3, 9).Draw(t, "outcome")),
			Delivered: rapid.IntRange(-5, 30).Draw(t, "delivered"),
			Err:       errors.New("x"),
		}
		for _, i := range rapid.SliceOf(rapid.IntRange(-3, 25)).Draw(t, "rejected") {
			se.Rejected = append(se.Rejected, transport.Rejection{Index: i})
		}
		v := judge(se, n)
		assert.True(t, v.delivered >= 0 && v.delivered <= n)
		assert.True(t, v.outcome >= transport.Permanent && v.outcome <= transport.Denied)
		for i, r := range v.rejected {
			assert.True(t, r.point >= 0 && r.point < n)
			assert.True(t, i == 0 || r.point > v.rejected[i-1].point, "ascending and distinct")
		}
	})
}

func pointsOf(rejected []rejected) (points []int) {
	for _, r := range rejected {
		points = append(points, r.point)
	}
	return points
}

func TestTheBooksNameTheReasonOfATransport(t *testing.T) {
	for text, want := range map[string]transport.Reason{
		"collision":               transport.ReasonCollision,
		"too_large":               transport.ReasonTooLarge,
		"name is already a gauge": transport.ReasonRejected,
		"queue_full":              transport.ReasonRejected, // not a transport's to say
		"":                        transport.ReasonRejected,
	} {
		assert.Equal(t, want, reasonOf(text), "%q", text)
	}
}
