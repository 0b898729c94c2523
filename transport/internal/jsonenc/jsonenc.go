package jsonenc

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s in quotes. Control characters, quotes, backslashes and
// the line separators U+2028 and U+2029 are escaped; a byte that is not part of
// valid UTF-8 becomes U+FFFD. Everything else stays as it is.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if isPlain(s) {
		dst = append(dst, s...)
		return append(dst, '"')
	}
	return appendEscaped(dst, s)
}

// appendEscaped is the rest of AppendString for what is not plain.
func appendEscaped(dst []byte, s string) []byte {
	plain := 0 // s[plain:i] needs no escape and is not appended yet
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[plain:i]...)
			dst = appendEscape(dst, c)
			i++
			plain = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		var escape string
		switch {
		case r == utf8.RuneError && size == 1:
			escape = `\ufffd`
		case r == 0x2028:
			escape = `\u2028`
		case r == 0x2029:
			escape = `\u2029`
		default:
			i += size
			continue
		}
		dst = append(dst, s[plain:i]...)
		dst = append(dst, escape...)
		i += size
		plain = i
	}
	dst = append(dst, s[plain:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// maxPlainInt is below 2^53: the digits of whole numbers up to there are the fewest.
const maxPlainInt = 1e15

// AppendFloat appends f in the fewest digits that read back as f, and null if
// it is not finite. At most 25 bytes.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if n := int64(f); float64(n) == f && n != 0 && -maxPlainInt < n && n < maxPlainInt { // 0 may be -0
		return strconv.AppendInt(dst, n, 10)
	}
	// Plain digits while they are short, so that 1e15 is never 309 digits.
	format := byte('e')
	if abs := math.Abs(f); abs == 0 || (abs >= 1e-6 && abs < 1e17) {
		format = 'f'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// AppendInt appends n.
func AppendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// AppendStrings appends a JSON array of strings.
func AppendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, s)
	}
	return append(dst, ']')
}
