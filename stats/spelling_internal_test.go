package stats

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/discard"
)

func aClient(t require.TestingT, opts ...Option) *Client {
	c, err := New(append([]Option{WithTransport(discard.New()), WithManualFlush(), WithSeriesLimit(1_000_000)}, opts...)...)
	require.NoError(t, err)
	return c
}

// A million series are a million of these: one cache line each.
func TestASeriesIsSmall(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(series{}), uintptr(64))
	var s series
	s.Lens, s.Kind, s.Order, s.Check = 0x04030201, transport.KindDistribution, 0xb7, 0xfedc
	assert.Zero(t, unsafe.Offsetof(s.Lens)%8)
	assert.Equal(t, uint64(0xfedc<<48|0xb7<<40|7<<32|0x04030201), s.shape())
}

// Spellings at the bounds of what is compared in one way or another: of two words
// and more, of four words and more, of what Own can hold, and the same under
// namespaces.
func TestSpellingsAtTheBoundsAreFoundAndTellApart(t *testing.T) {
	lengths := []int{1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64, 253, 254, 255, 256, 300}
	for _, namespace := range []int{0, 1, 8, 238, 239, 240, 254, 300} {
		c := aClient(t)
		if namespace > 0 {
			c = c.WithNamespace(strings.Repeat("s", namespace))
		}
		ids := map[shard.ID]string{}
		meet := func(name string, tags ...string) {
			s := c.series(transport.KindCount, name, tags)
			require.NotNil(t, s)
			text := strings.Join(append(tags, name), "|")
			if s.Kind != 0 && len(name)+namespace < 150 { // longer ones are cut, and may be one series
				other, dup := ids[s.ID]
				require.False(t, dup, "%q and %q are one", text, other)
			}
			ids[s.ID] = text
			require.Same(t, s, c.find(transport.KindCount, name, tags), "%d: %q is not found again", namespace, text)
			require.Nil(t, c.find(transport.KindGauge, name, tags))
			if hash := s.hash(); s.Lens != longLens {
				_, shape, _ := c.hashOwn(transport.KindCount, name, tags)
				require.Equal(t, shape, s.shape()&shapeMask)
				require.Equal(t, uint16(hash), s.Check)
			}
		}
		for _, n := range lengths {
			for _, m := range lengths {
				meet(strings.Repeat("n", n), strings.Repeat("t", m))
				meet(strings.Repeat("n", n), strings.Repeat("t", m), "u")
				meet(strings.Repeat("n", n), strings.Repeat("t", m), "uuuuuuuuu", "vvvvv")
			}
		}
		_ = c.Close()
	}
}

// One byte that differs anywhere makes another spelling.
func TestEachByteOfASpellingCounts(t *testing.T) {
	c := aClient(t)
	defer c.Close()
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 1, 70, -1), 1, 5).Draw(rt, "name and tags")
		which := rapid.IntRange(0, len(texts)-1).Draw(rt, "which")
		at := rapid.IntRange(0, len(texts[which])-1).Draw(rt, "where")
		c.series(transport.KindCount, texts[0], texts[1:])
		other := append([]string(nil), texts...)
		b := []byte(other[which])
		b[at] ^= 'a' ^ 'z'
		other[which] = string(b)
		assert.NotNil(rt, c.find(transport.KindCount, texts[0], texts[1:]))
		if sp := c.find(transport.KindCount, other[0], other[1:]); sp != nil { // met before
			assert.NotSame(rt, c.find(transport.KindCount, texts[0], texts[1:]), sp)
		}
	})
}
