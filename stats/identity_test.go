package stats_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

func TestAnySpellingOfTheTagsIsOneSeries(t *testing.T) {
	c := newManual(t, stats.WithTags("z:1"))
	want := c.SeriesOf(transport.KindCount, "req", "a", "b")
	for _, tags := range [][]string{
		{"b", "a"}, {"a", "a", "b"}, {"a", "", "b"}, {"b", "a", "z:1"}, {"", "", "", "b", "a", "b"},
	} {
		assert.Same(t, want, c.SeriesOf(transport.KindCount, "req", tags...), "%q", tags)
	}
	assert.Equal(t, []string{"a", "b", "z:1"}, want.AppendTags(nil))
	assert.Same(t, c.SeriesOf(transport.KindCount, "req"), c.SeriesOf(transport.KindCount, "req", []string{}...))
	assert.Same(t, want, c.With("b").SeriesOf(transport.KindCount, "req", "a"), "a child's tag is a tag")
	assert.Same(t, c.WithNamespace("x").SeriesOf(transport.KindCount, "y"), c.SeriesOf(transport.KindCount, "x.y"))
}

func TestIdentityIsInjective(t *testing.T) {
	type call struct {
		kind transport.Kind
		name string
		tags []string
	}
	calls := []call{
		{transport.KindCount, "a:b", nil},
		{transport.KindCount, "a", []string{"b"}},
		{transport.KindCount, "a", []string{"x,y"}},
		{transport.KindCount, "a", []string{"x", "y"}},
		{transport.KindCount, "a", []string{"xy"}},
		{transport.KindCount, "a", []string{"x", "y", "z"}},
		{transport.KindCount, "a", []string{"x", "yz"}},
		{transport.KindCount, "a", nil},
		{transport.KindGauge, "a", nil},
		{transport.KindCount, "ab", nil},
		{transport.KindCount, "a\x00b", nil},
		{transport.KindCount, "a", []string{"b", "c", "d", "e"}},
		{transport.KindCount, "a", []string{"b", "c", "d", "e", "f"}},
		{transport.KindCount, "a", []string{"bc", "d", "e", "f"}},
		{transport.KindCount, strings.Repeat("n", 15), nil},
		{transport.KindCount, strings.Repeat("n", 16), nil},
		{transport.KindCount, strings.Repeat("n", 17), nil},
		{transport.KindCount, strings.Repeat("n", 8) + "x" + strings.Repeat("n", 8), nil},
		{transport.KindCount, strings.Repeat("n", 8) + strings.Repeat("m", 256) + strings.Repeat("n", 8), nil},
		// with the keys at 0, all that is hashed of their middles is 0: they collide
		{transport.KindCount, "aaaaaaaaxxxxxxxx\x00\x00\x00\x00\x00\x00\x00\x00bbbbbbbb", nil},
		{transport.KindCount, "aaaaaaaayyyyyyyy\x00\x00\x00\x00\x00\x00\x00\x00bbbbbbbb", nil},
		{transport.KindCount, "n23", nil}, {transport.KindCount, "n32", nil}, {transport.KindCount, "nn23", nil},
	}
	// Twice: with the hash as it is, and with all calls hashing alike.
	for _, collide := range []bool{false, true} {
		t.Run(fmt.Sprintf("collide=%v", collide), func(t *testing.T) {
			if collide {
				defer stats.CollideHashes()()
			}
			c := newManual(t)
			seen := map[any]call{}
			for _, k := range calls {
				s := c.SeriesOf(k.kind, k.name, k.tags...)
				require.NotNil(t, s)
				other, dup := seen[s.ID]
				assert.False(t, dup, "%+v and %+v are one series", k, other)
				seen[s.ID] = k
			}
			for _, k := range calls {
				assert.True(t, c.Seen(k.kind, k.name, k.tags...), "%+v is not found again", k)
				again := c.SeriesOf(k.kind, k.name, k.tags...)
				assert.Equal(t, k, seen[again.ID])
			}
		})
	}
}

func TestIdentityIsInjectiveForRandomCalls(t *testing.T) {
	c := newManual(t, stats.WithSeriesLimit(1_000_000))
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "b", ":", ",", "|", "#", "\x00", "é", "aaaaaaaa", ""}
	word := func() string {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	byID := map[any]string{}
	byKey := map[string]any{}
	for range 50_000 {
		name := "n" + word()
		tags := make([]string, rng.IntN(6))
		for i := range tags {
			tags[i] = word()
		}
		kind := transport.KindCount
		if rng.IntN(2) == 0 {
			kind = transport.KindGauge
		}
		// what the issue of identity is, written down without the library: the
		// cleaned name and the sorted set of cleaned tags
		key := fmt.Sprintf("%d %q %q", kind, stats.Clean(name), stats.CleanTags(tags, nil))
		s := c.SeriesOf(kind, name, tags...)
		require.NotNil(t, s)
		if was, ok := byID[s.ID]; ok {
			require.Equal(t, was, key)
		}
		if was, ok := byKey[key]; ok {
			require.Equal(t, was, s.ID)
		}
		byID[s.ID], byKey[key] = key, s.ID
	}
	assert.Equal(t, len(byID), len(byKey))
}

func TestEveryRegisteredSpellingIsFound(t *testing.T) {
	c := newManual(t, stats.WithSeriesLimit(1_000_000))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, -1, 300)
		name := text.Draw(t, "name")
		tags := rapid.SliceOfN(rapid.StringN(0, -1, 40), 0, 9).Draw(t, "tags")
		s := c.SeriesOf(transport.KindCount, name, tags...)
		require.NotNil(t, s)
		require.True(t, c.Seen(transport.KindCount, name, tags...), "a spelling is hashed in two ways")
	})
}

func TestClean(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, test := range map[string]struct{ in, want string }{
		"plain text stays":                {"http.requests", "http.requests"},
		"what wires reserve stays":        {"a|b#c:d,e@f", "a|b#c:d,e@f"},
		"newlines":                        {"a\nb\r\nc", "a_b__c"},
		"NUL and DEL":                     {"a\x00b\x7f", "a_b_"},
		"C1 controls":                     {"a\u0085b", "a_b"},
		"line and paragraph separators":   {"a\u2028b\u2029c", "a_b_c"},
		"invalid UTF-8":                   {"a\xff\xfeb", "a_b"},
		"a byte order mark is no control": {"\ufeffa", "\ufeffa"},
		"200 bytes stay":                  {long[:200], long[:200]},
		"emoji stay":                      {"🚀", "🚀"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, stats.Clean(test.in)) })
	}
	t.Run("long ones are cut, and two stay two", func(t *testing.T) {
		a, b := stats.Clean(long+"a"), stats.Clean(long+"b")
		assert.Len(t, a, 200)
		assert.Regexp(t, `^x{183}~[0-9a-f]{16}$`, a)
		assert.NotEqual(t, a, b)
	})
	t.Run("the cut is at a rune", func(t *testing.T) {
		got := stats.Clean(strings.Repeat("é€🚀", 40))
		assert.True(t, utf8.ValidString(got))
		assert.LessOrEqual(t, len(got), 200)
	})
}

func TestCleanTwiceIsCleanOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes"))
		once := stats.Clean(s)
		require.Equal(t, once, stats.Clean(once))
		require.True(t, utf8.ValidString(once))
		require.LessOrEqual(t, len(once), 200)
	})
}

func TestCallersMayChangeTheirTagsAfterTheCall(t *testing.T) {
	c := newManual(t)
	buf := []byte("route:aaaa")
	tags := []string{string(buf), "b"}
	want := c.SeriesOf(transport.KindCount, "req", tags...)
	tags[0] = "route:zzzz"
	assert.Equal(t, []string{"b", "route:aaaa"}, want.AppendTags(nil))
	assert.NotSame(t, want, c.SeriesOf(transport.KindCount, "req", tags...))
	assert.Same(t, want, c.SeriesOf(transport.KindCount, "req", "route:aaaa", "b"))
}
