package post

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHeaders(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer secret", ""},
		{"X-Scope_Org.Id", "a\tb ~", ""},
		{"X", strings.Repeat("v", MaxHeaderBytes), ""},
		{"", "secret", `"" is no name of a header`},
		{"a b", "secret", `"a b" is no name of a header`},
		{"X\r\nY", "secret", `"X\r\nY" is no name of a header`},
		{"X:", "secret", `"X:" is no name of a header`},
		{"é", "secret", `"é" is no name of a header`},
		{"content-LENGTH", "secret", `"content-LENGTH" is set by the transport`},
		{"idempotency-Key", "secret", `"idempotency-Key" would have requests sent twice: a lost answer is dealt with by the flusher`},
		{"X-Idempotency-Key", "", `"X-Idempotency-Key" would have requests sent twice: a lost answer is dealt with by the flusher`},
		{"Host", "secret", `"Host" is set by the transport`},
		{"Authorization", "secret\n", `the value of "Authorization" has a character that is not printable ASCII: look for a line end`},
		{"X", "secret\x7f", `the value of "X" has a character that is not printable ASCII: look for a line end`},
		{"X", "secreté", `the value of "X" has a character that is not printable ASCII: look for a line end`},
		{"X", strings.Repeat("secret", 2000), `the value of "X" has 12000 bytes: want at most 8192`},
	} {
		assert.Equal(t, c.want, HeaderProblem(c.name, c.value), "%q: %q", c.name, c.value)
	}
}
