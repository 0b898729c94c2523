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

func nameIsFine(name string) bool {
	if name == "" || len(name) > maxNameBytes || !isLetter(name[0]) {
		return false
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return false
		}
	}
	return true
}

func nameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '.' }

// spellings remembers how names and tags that have to be changed are spelled on the
// wire. It belongs to one encoder.
type spellings struct{ names, tags spelled }

func newSpellings() spellings { return spellings{spelled{}, spelled{}} }

// name returns wireName of name, and tag wireTag of tag.
func (s spellings) name(name string) string { return s.names.spell(name, nameIsFine, wireName) }
func (s spellings) tag(tag string) string   { return s.tags.spell(tag, tagIsFine, wireTag) }

// spelled is one half; a nil one remembers nothing.
type spelled map[string]string

const maxSpelled = 4096 // some 100 bytes each, up to 1 KiB

func (s spelled) spell(text string, fine func(string) bool, wire func(string) string) string {
	if s == nil || fine(text) {
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

// tagIsFine looks for the plain spellings that most tags have; it may say no to
// a tag that wireTag then leaves as it is.
func tagIsFine(tag string) bool {
	if tag == "" || len(tag) > maxTagRunes || tag[len(tag)-1] == '_' {
		return false
	}
	for i := range len(tag) {
		c := tag[i]
		switch {
		case c >= 'a' && c <= 'z', isDigit(c), c == ':', c == '-', c == '.', c == '/':
		case c == '_' && tag[i+1] != '_': // it is not the last
		default:
			return false
		}
	}
	return true
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
