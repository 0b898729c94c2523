package datadog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNameBytes = 200
	maxTagRunes  = 200
	namePrefix   = "m_"
)

// WireName implements [transport.WireNamer]. The package's doc has the rules.
func (t *Transport) WireName(name string) string { return wireName(name) }

// WireTag implements [transport.WireNamer]. The package's doc has the rules.
func (t *Transport) WireTag(tag string) string { return wireTag(tag) }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// wireName allocates only if it has to change name.
func wireName(name string) string {
	if nameIsFine(name) {
		return name
	}
	b := make([]byte, 0, min(len(name), maxNameBytes)+len(namePrefix))
	if name == "" || !isLetter(name[0]) {
		b = append(b, namePrefix...)
	}
	for _, r := range name { // an invalid byte is a character of its own
		if len(b) == maxNameBytes {
			break
		}
		if r < utf8.RuneSelf && nameByte(byte(r)) {
			b = append(b, byte(r))
		} else {
			b = append(b, '_')
		}
	}
	return string(b)
}

// spellings remembers how names and tags that have to be changed are spelled on the
// wire. It belongs to one encoder.
type spellings struct{ names, tags spelled }

func newSpellings() spellings { return spellings{spelled{}, spelled{}} }

// name returns wireName of name.
func (s spellings) name(name string) string {
	if nameIsFine(name) {
		return name
	}
	return s.names.spell(name, wireName)
}

// tag returns wireTag of tag.
func (s spellings) tag(tag string) string {
	if tagIsFine(tag) {
		return tag
	}
	return s.tags.spell(tag, wireTag)
}

// spelled is one half; a nil one remembers nothing.
type spelled map[string]string

const maxSpelled = 4096 // some 100 bytes each, up to 1 KiB

// spell returns what wire makes of a text.
func (s spelled) spell(text string, wire func(string) string) string {
	if s == nil {
		return wire(text)
	}
	if known, ok := s[text]; ok {
		return known
	}
	if len(s) >= maxSpelled {
		clear(s)
	}
	changed := wire(text)
	s[strings.Clone(text)] = changed
	return changed
}

// wireTag allocates only if it has to change tag.
func wireTag(tag string) string {
	if tagIsFine(tag) {
		return tag
	}
	var b strings.Builder
	b.Grow(len(tag))
	runes, kept := 0, 0 // kept is the length without underscores at the end
	before := rune(-1)
	for _, r := range tag {
		if runes == maxTagRunes {
			break
		}
		r = tagRune(r)
		if r == '_' && before == '_' {
			continue
		}
		before = r
		b.WriteRune(r)
		runes++
		if r != '_' {
			kept = b.Len()
		}
	}
	if kept == 0 {
		return "_" // nothing but underscores; a tag is not empty
	}
	return b.String()[:kept]
}

func tagRune(r rune) rune {
	switch {
	case r == '_', r == '-', r == ':', r == '.', r == '/':
		return r
	case r == utf8.RuneError:
		return '_'
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return unicode.ToLower(r)
	}
	return '_'
}
