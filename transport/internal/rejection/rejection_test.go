package rejection_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
)

func rejections(reason string, numbers ...int) (list []transport.Rejection) {
	for _, n := range numbers {
		list = append(list, transport.Rejection{Index: n, Reason: reason})
	}
	return list
}

func TestName(t *testing.T) {
	b := &transport.Batch{
		Series: []transport.Series{
			{Kind: transport.KindCount, Points: make([]transport.Point, 3)},
			{Kind: transport.KindGauge, Points: make([]transport.Point, 2)},
			{Kind: transport.KindCount, Points: make([]transport.Point, 1)},
		},
		Events: make([]transport.Event, 1),
		Checks: make([]transport.ServiceCheck, 1),
	}
	counts := func(k transport.Kind) bool { return k == transport.KindCount }
	for name, c := range map[string]struct {
		from, to int
		which    func(transport.Kind) bool
		want     []int
	}{
		"all":                        {0, 8, nil, []int{0, 2, 3, 5, 6, 7}},
		"some":                       {2, 6, nil, []int{2, 3, 5}},
		"none":                       {4, 4, nil, nil},
		"of one kind":                {0, 6, counts, []int{0, 2, 5}},
		"events and checks are none": {3, 9, counts, []int{5, 6, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			want := append(rejections("unknown", c.want...), rejections("too_large", 1, 4)...)
			rejection.Sort(want)
			assert.Equal(t, want, rejection.Name(rejections("too_large", 1, 4), b, c.from, c.to, transport.ReasonUnknown, c.which))
		})
	}
}

func TestOthers(t *testing.T) {
	list := rejections("too_large", 1, 2, 3, 5)
	assert.True(t, rejection.Others(list, 0, 2))
	assert.False(t, rejection.Others(list, 1, 4))
	assert.True(t, rejection.Others(list, 3, 6))
	assert.False(t, rejection.Others(list, 5, 6))
	assert.False(t, rejection.Others(list, 9, 9))
}
