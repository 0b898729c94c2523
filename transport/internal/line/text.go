package line

import (
	"strings"
	"unicode/utf8"
)

// Reserved says what one place on a line, as a name or a tag, cannot hold. Make it
// with [Reserve]. It is safe for concurrent use.
type Reserved struct {
	ascii [256]bool // bytes that need a look: the reserved, and all beyond ASCII
}

// Reserve returns a Reserved with these ASCII characters. Control characters, the
// line separators U+0085, U+2028 and U+2029, and bytes outside UTF-8 are reserved
// everywhere.
func Reserve(chars string) *Reserved {
	r := new(Reserved)
	for c := range 256 {
		r.ascii[c] = c < ' ' || c >= 0x7f || strings.IndexByte(chars, byte(c)) >= 0
	}
	return r
}

// Append appends s, at most so many characters of it, with an underscore for each
// that is reserved. A byte outside UTF-8 is a character. An empty s is an
// underscore: nothing on a line is empty.
func (r *Reserved) Append(dst []byte, s string, maxRunes int) []byte {
	if r.fits(s, maxRunes) {
		return append(dst, s...)
	}
	return r.appendSlowly(dst, s, maxRunes)
}

// Clean returns what Append appends.
func (r *Reserved) Clean(s string, maxRunes int) string {
	if r.Is(s, maxRunes) {
		return s
	}
	return string(r.appendSlowly(make([]byte, 0, min(len(s), maxRunes)+1), s, maxRunes))
}

// Is reports whether Append leaves s as it is.
func (r *Reserved) Is(s string, maxRunes int) bool {
	if r.fits(s, maxRunes) {
		return true
	}
	runes := 0
	for i, c := range s {
		if runes++; runes > maxRunes || r.reserves(c, s[i:]) {
			return false
		}
	}
	return s != ""
}

// fits reports whether s is short and of plain ASCII, as nearly every one is.
func (r *Reserved) fits(s string, maxRunes int) bool {
	if len(s) > maxRunes || s == "" {
		return false
	}
	for i := range len(s) {
		if r.ascii[s[i]] {
			return false
		}
	}
	return true
}

func (r *Reserved) appendSlowly(dst []byte, s string, maxRunes int) []byte {
	if s == "" {
		return append(dst, '_')
	}
	runes := 0
	for i, c := range s {
		if runes++; runes > maxRunes {
			break
		}
		if r.reserves(c, s[i:]) {
			dst = append(dst, '_')
		} else {
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}

// reserves reports whether c, at the beginning of rest, is reserved.
func (r *Reserved) reserves(c rune, rest string) bool {
	switch {
	case c < utf8.RuneSelf:
		return r.ascii[c]
	case c == utf8.RuneError:
		_, size := utf8.DecodeRuneInString(rest)
		return size == 1 // else it is the character itself
	}
	return c < 0xa0 || c == 0x2028 || c == 0x2029
}

// AppendEscaped appends a text for people, in which a line feed is written as the
// two characters \n; a reserved character is an underscore as elsewhere. It may be
// empty.
func (r *Reserved) AppendEscaped(dst []byte, s string) []byte {
	for {
		head, rest, more := strings.Cut(s, "\n")
		if head != "" {
			dst = r.Append(dst, head, len(head))
		}
		if !more {
			return dst
		}
		dst = append(dst, `\n`...)
		s = rest
	}
}
