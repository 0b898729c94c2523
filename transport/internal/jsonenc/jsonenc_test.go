package jsonenc_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/jsonenc"
)

func TestAppendString(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"the empty string", "", `""`},
		{"plain text stays", "api.latency", `"api.latency"`},
		{"quotes and backslashes", `a"b\c`, `"a\"b\\c"`},
		{"line ends and tabs", "a\nb\rc\td", `"a\nb\rc\td"`},
		{"other control characters", "\x00\x1f\x7f", `"\u0000\u001f\u007f"`},
		{"line and paragraph separators", "a\u2028b\u2029c", `"a\u2028b\u2029c"`},
		{"bytes outside UTF-8", "a\xffb\xc3", `"a\ufffdb\ufffd"`},
		{"an encoded surrogate", "\xed\xa0\x80", `"\ufffd\ufffd\ufffd"`},
		{"letters beyond ASCII stay", "über/日本/😀", `"über/日本/😀"`},
		{"a replacement character of the caller stays", "\ufffd", "\"\ufffd\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, string(jsonenc.AppendString(nil, c.in)))
			assert.Equal(t, "x"+c.want, string(jsonenc.AppendString([]byte("x"), c.in)), "what stood before is kept")
		})
	}
}

func TestAppendFloat(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "-0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{1e-6, "0.000001"},
		{1e-7, "1e-07"},
		{1e16, "10000000000000000"},
		{1e17, "1e+17"},
		{1e308, "1e+308"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{-math.MaxFloat64, "-1.7976931348623157e+308"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{math.Inf(-1), "null"},
	} {
		assert.Equal(t, c.want, string(jsonenc.AppendFloat(nil, c.in)))
	}
}

func TestFloatsReadBackExactlyAndStayShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		text := jsonenc.AppendFloat(nil, f)
		var back float64
		require.NoError(t, json.Unmarshal(text, &back), "%s", text)
		require.Equal(t, math.Float64bits(f), math.Float64bits(back), "%s", text)
		require.LessOrEqual(t, len(text), 25)
	})
}

// Eight bytes are looked at at once: each character comes at each place of a word, in
// strings of all lengths up to some words.
func TestEveryCharacterAtEveryPlace(t *testing.T) {
	for c := range rune(0x100) {
		for size := range 20 {
			for at := range size {
				in := strings.Repeat("a", at) + string(c) + strings.Repeat("z", size-1-at)
				text := jsonenc.AppendString(nil, in)
				want := `"` + in + `"`
				if c < ' ' || c == 0x7f || c == '"' || c == '\\' {
					require.NotEqual(t, want, string(text), "%q", in)
				} else {
					require.Equal(t, want, string(text))
				}
				var back string
				require.NoError(t, json.Unmarshal(text, &back), "%q", in)
				require.Equal(t, in, back)
			}
		}
	}
}

func TestWholeNumbersAreWrittenAsFloatsAre(t *testing.T) {
	for _, f := range []float64{1, 10, 999, 1e6, 123456789, 1e14, 1e15 - 1, 1e15, 1e15 + 1, 1 << 53, 1<<53 + 2, 1e16, 1.5, 1e15 + 0.5} {
		for _, f := range []float64{f, -f} {
			assert.Equal(t, strconv.FormatFloat(f, 'f', -1, 64), string(jsonenc.AppendFloat(nil, f)))
		}
	}
}

func TestAppendStrings(t *testing.T) {
	assert.Equal(t, `[]`, string(jsonenc.AppendStrings(nil, nil)))
	assert.Equal(t, `["a"]`, string(jsonenc.AppendStrings(nil, []string{"a"})))
	assert.Equal(t, `["a\"","b"]`, string(jsonenc.AppendStrings(nil, []string{`a"`, "b"})))
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", `","type":"rate`, "\\", "\"", "a\nb", "\u2028", "\xff\xfe", strings.Repeat("\x00", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := jsonenc.AppendString(nil, s)
		var back string
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, strings.ToValidUTF8(perByte(s), "\ufffd"), back)
		require.False(t, bytes.ContainsFunc(text, func(c rune) bool {
			return c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029
		}), "%q breaks a line", text)
		require.True(t, utf8.Valid(text))
	})
}

// perByte replaces each byte outside UTF-8 by its own U+FFFD; ToValidUTF8 would
// make one of a run.
func perByte(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}
