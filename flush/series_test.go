package flush_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

func TestAPackedSeriesGivesItsStringsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, -1, flush.OwnBytes)
		name := text.Draw(t, "name")
		constant := rapid.SliceOfDistinct(text, rapid.ID[string]).Draw(t, "constant tags")
		tags := slices.DeleteFunc(
			rapid.SliceOfNDistinct(text, 0, flush.OwnTags, rapid.ID[string]).Draw(t, "tags"),
			func(tag string) bool { return slices.Contains(constant, tag) })
		slices.Sort(constant)

		s := flush.Series{Common: &flush.Common{Tags: constant}}
		s.Own, s.Lens, s.Order = flush.Pack(name, tags)
		require.Equal(t, name, s.Name())
		all := slices.Concat(tags, constant)
		slices.Sort(all)
		require.Equal(t, append([]string{"before"}, all...), s.AppendTags([]string{"before"}))
	})
}

func TestTheTextOfASeriesComesFirst(t *testing.T) {
	s := flush.NewSeries(1, transport.KindCount, 2, &flush.Common{Tags: []string{"constant"}},
		flush.Text{Name: "n", Tags: []string{"a", "b"}, Ordered: []string{"b", "a"}})
	s.Own, s.Lens, s.Order = flush.Pack("m", []string{"c"})
	assert.Equal(t, "n", s.Name())
	assert.Equal(t, []string{"a", "b"}, s.AppendTags(nil))
}
