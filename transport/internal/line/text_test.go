package line_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/internal/line"
)

func TestClean(t *testing.T) {
	r := line.Reserve(":|")
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "api.time", "api.time"},
		{"nothing is an underscore", "", "_"},
		{"what is reserved is an underscore each", "a:b|c||", "a_b_c__"},
		{"line ends and control characters", "a\nb\r\x00\x7f", "a_b___"},
		{"separators of lines beyond ASCII", "a\u0085b\u2028c\u2029d", "a_b_c_d"},
		{"letters beyond ASCII stay", "über/日本/😀", "über/日本/😀"},
		{"bytes outside UTF-8, one each", "a\xffb\xc3", "a_b_"},
		{"a replacement character of the caller stays", "\ufffd", "\ufffd"},
		{"ten characters at most", "0123456789a", "0123456789"},
		{"ten, however many bytes", "éééééééééééé", "éééééééééé"},
		{"a cut never parts a character", "123456789日本", "123456789日"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, r.Clean(c.in, 10))
			assert.Equal(t, "x"+c.want, string(r.Append([]byte("x"), c.in, 10)))
			assert.Equal(t, c.in == c.want, r.Is(c.in, 10))
		})
	}
}

func TestAppendEscaped(t *testing.T) {
	r := line.Reserve("|")
	for in, want := range map[string]string{
		"": "", "one": "one", "one\ntwo": `one\ntwo`, "\n\n": `\n\n`, "a|b\r\nc": `a_b_\nc`, `a\nb`: `a\nb`,
	} {
		assert.Equal(t, "x"+want, string(r.AppendEscaped([]byte("x"), in)))
	}
}

// FuzzClean looks for a text that keeps something reserved, or that is cleaned
// into something else the second time.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a:1|c", "a\nb", "\xff\xfe", "\u2028", "\x85", "é", strings.Repeat("é", 30)} {
		f.Add(s)
	}
	r := line.Reserve(":|@#,")
	f.Fuzz(func(t *testing.T, s string) {
		got := r.Clean(s, 20)
		require.NotEmpty(t, got)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), 20)
		require.False(t, strings.ContainsAny(got, ":|@#,\u2028\u2029") || strings.ContainsFunc(got, unicode.IsControl), "%q", got)
		require.True(t, r.Is(got, 20))
		require.Equal(t, got, r.Clean(got, 20))
		require.Equal(t, got, string(r.Append(nil, s, 20)))
	})
}
