package datadog_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWireName(t *testing.T) {
	dd := open(t, "http://localhost")
	for _, c := range []struct{ name, in, want string }{
		{"a plain name stays", "http.requests_total", "http.requests_total"},
		{"case stays", "Http.Requests", "Http.Requests"},
		{"other characters become underscores, one for one", "a-b c:d|e#f", "a_b_c_d_e_f"},
		{"letters beyond ASCII too", "größe", "gr__e"},
		{"each byte outside UTF-8 too", "a\xff\xfeb", "a__b"},
		{"a digit at the start gets a prefix", "9lives", "m_9lives"},
		{"an underscore at the start too", "_x", "m__x"},
		{"two names that begin wrongly stay two", "1.a", "m_1.a"},
		{"nothing but wrong characters", "é", "m__"},
		{"the empty name", "", "m_"},
		{"200 bytes stay", strings.Repeat("a", 200), strings.Repeat("a", 200)},
		{"201 are cut", strings.Repeat("a", 201), strings.Repeat("a", 200)},
		{"the prefix counts", strings.Repeat("1", 300), "m_" + strings.Repeat("1", 198)},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, dd.WireName(c.in)) })
	}
}

func TestWireTag(t *testing.T) {
	dd := open(t, "http://localhost")
	for _, c := range []struct{ name, in, want string }{
		{"a plain tag stays", "route:/users/{id}"[:13], "route:/users/"},
		{"all that is allowed stays", "a:b-c.d/e_f:1", "a:b-c.d/e_f:1"},
		{"capitals become small", "Env:PROD", "env:prod"},
		{"other characters become underscores", "k:a b|c#d", "k:a_b_c_d"},
		{"a run of underscores is one", "k:a__b - c", "k:a_b_-_c"},
		{"underscores at the end go", "k:v_!", "k:v"},
		{"letters and digits of any script stay", "stadt:köln/日本/٣", "stadt:köln/日本/٣"},
		{"their capitals become small", "ÄÖ:Σ", "äö:σ"},
		{"emoji become underscores", "mood:😀x", "mood:_x"},
		{"bytes outside UTF-8 too", "k:\xff\xfex", "k:_x"},
		{"nothing but wrong characters", "!!!", "_"},
		{"the empty tag", "", "_"},
		{"200 characters stay", strings.Repeat("é", 200), strings.Repeat("é", 200)},
		{"201 are cut", strings.Repeat("é", 201), strings.Repeat("é", 200)},
		{"a cut behind an underscore", strings.Repeat("a", 199) + "_b", strings.Repeat("a", 199)},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, dd.WireTag(c.in)) })
	}
}

// Names and tags are looked at eight bytes at a time: each character comes at each
// place of a word, in texts of all lengths up to some words.
func TestEveryByteAtEveryPlace(t *testing.T) {
	dd := open(t, "http://localhost")
	const (
		inNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."
		inTags  = "abcdefghijklmnopqrstuvwxyz0123456789_-:./"
	)
	for c := range 0x100 {
		for size := 2; size < 20; size++ {
			for at := 1; at < size; at++ {
				text := strings.Repeat("a", at) + string([]byte{byte(c)}) + strings.Repeat("z", size-1-at)
				stays := strings.IndexByte(inNames, byte(c)) >= 0
				assert.Equal(t, stays, dd.WireName(text) == text, "name %q", text)
				stays = strings.IndexByte(inTags, byte(c)) >= 0 && (c != '_' || at < size-1)
				assert.Equal(t, stays, dd.WireTag(text) == text, "tag %q", text)
			}
		}
	}
	for size := 2; size < 30; size++ {
		for at := range size - 1 {
			text := strings.Repeat("a", at) + "__" + strings.Repeat("z", size-2-at)
			assert.NotContains(t, dd.WireTag(text), "__", "%q", text)
		}
	}
}

func TestEveryCharacterInATagIsAllowedAndStays(t *testing.T) {
	dd := open(t, "http://localhost")
	for r := rune(0); r < 0x20000; r++ { // the planes that have letters with two cases
		got := dd.WireTag("a" + string(r) + "b")
		require.Equal(t, got, dd.WireTag(got), "%U", r)
		require.False(t, strings.ContainsFunc(got, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-:./", r)
		}), "%U", r)
	}
}

func FuzzNames(f *testing.F) {
	dd := open(f, "http://localhost")
	spelled := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,199}$`) // costs more to make than all the rest
	f.Add("http.requests", "env:prod")
	f.Add(strings.Repeat("_", 300), strings.Repeat("É!", 150))
	f.Fuzz(func(t *testing.T, name, tag string) {
		got := dd.WireName(name)
		require.Regexp(t, spelled, got)
		require.Equal(t, got, dd.WireName(got))

		got = dd.WireTag(tag)
		require.NotEmpty(t, got)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), 200)
		require.NotContains(t, got, "__")
		require.Equal(t, got, dd.WireTag(got))
	})
}
