package statsd

import (
	"strings"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport"
)

// What stands on a line is ASCII: the original statsd reads TCP as 7-bit text, so
// that the second byte of "Ċ", 8a, is a line feed to it.

// Bytes of a metric's name, of one part of a path, and of a tag in Datadog's form.
var (
	nameBytes = byteSet("_-.")
	partBytes = byteSet("_-")
	tagBytes  = byteSet("!\"$%&'()*+-./:<=>?@[\\]^_`{}~") // not , | # ;
)

// byteSet returns the set of ASCII letters, digits and others.
func byteSet(others string) *[256]bool {
	var set [256]bool
	for c := range set {
		b := byte(c)
		set[c] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte(others, b) >= 0
	}
	return &set
}

func pathByte(c byte) bool { return nameBytes[c] }

// appendClean appends s with an underscore for each character that is not in the
// set, and an underscore for an empty s.
func appendClean(dst []byte, s string, set *[256]bool) []byte {
	for i := range len(s) {
		if !set[s[i]] {
			return appendSlowly(dst, s, set)
		}
	}
	if s == "" {
		return append(dst, '_')
	}
	return append(dst, s...)
}

func appendSlowly(dst []byte, s string, set *[256]bool) []byte {
	for _, r := range s { // an invalid byte is a character of its own
		if r < utf8.RuneSelf && set[byte(r)] {
			dst = append(dst, byte(r))
		} else {
			dst = append(dst, '_')
		}
	}
	return dst
}

// appendName appends a metric's name as a path: a dot that has no name before or
// behind it is an underscore.
func appendName(dst []byte, name string) []byte {
	if nameIsFine(name) { // as nearly every one is
		return append(dst, name...)
	}
	start := len(dst)
	dst = appendClean(dst, name, nameBytes)
	before := byte('.')
	for i := start; i < len(dst); i++ {
		if dst[i] == '.' && (before == '.' || i == len(dst)-1) {
			dst[i] = '_'
		}
		before = dst[i]
	}
	return dst
}

func nameIsFine(name string) bool {
	before := byte('.')
	for i := range len(name) {
		c := name[i]
		if !nameBytes[c] || c == '.' && before == '.' {
			return false
		}
		before = c
	}
	return before != '.'
}

// appendPart appends s as one part of a path, after a dot.
func appendPart(dst []byte, s string) []byte {
	return appendClean(append(dst, '.'), s, partBytes)
}

// word returns the word that sprockets-statsd puts before the paths of a kind, ""
// for a kind that there is not.
func word(k transport.Kind) string {
	switch k {
	case transport.KindCount:
		return "counters."
	case transport.KindGauge, transport.KindRate:
		return "gauges."
	case transport.KindHistogram, transport.KindTiming, transport.KindDistribution:
		return "timers."
	case transport.KindSet:
		return "sets."
	}
	return ""
}

// naming says what the path and the tags of a series are on the wire.
type naming struct {
	prefix string
	plain  bool
	tags   Tags
}

// appendPath appends the path of s.
func (n *naming) appendPath(dst []byte, s *transport.Series) []byte {
	dst = append(dst, n.prefix...)
	if !n.plain {
		dst = append(dst, word(s.Kind)...)
	}
	dst = appendName(dst, s.Name)
	if n.tags != TagsInPath {
		return dst
	}
	for _, tag := range s.Tags {
		key, value, hasValue := strings.Cut(tag, ":")
		if dst = appendPart(dst, key); hasValue {
			dst = appendPart(dst, value)
		}
	}
	if s.Host != "" {
		dst = appendPart(append(dst, ".host"...), s.Host)
	}
	if s.Device != "" {
		dst = appendPart(append(dst, ".device"...), s.Device)
	}
	return dst
}

// appendTags appends what follows the type of a line: the tags, in Datadog's form.
func (n *naming) appendTags(dst []byte, s *transport.Series) []byte {
	if n.tags != TagsDatadog {
		return dst
	}
	separator := "|#"
	next := func(key string) {
		dst = append(append(dst, separator...), key...)
		separator = ","
	}
	for _, tag := range s.Tags {
		next("")
		dst = appendClean(dst, tag, tagBytes)
	}
	if s.Host != "" {
		next("host:")
		dst = appendClean(dst, s.Host, tagBytes)
	}
	if s.Device != "" {
		next("device:")
		dst = appendClean(dst, s.Device, tagBytes)
	}
	return dst
}

// AppendWireIdentity implements [transport.WireIdentifier]: two series of one kind
// with the same path and tags on the wire are one to the server, which adds up
// their counts and would see the gauge of one overwrite that of the other.
func (t *Transport) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	return t.naming.appendTags(t.naming.appendPath(dst, s), s)
}

// appendMember appends a member of a set. Members are told apart, never shown, so
// what a line cannot hold is written as %XX, and "%" too: two members stay two. An
// empty one, which the original statsd would take for "0", is "%".
func appendMember(dst []byte, member string) []byte {
	if member == "" {
		return append(dst, '%')
	}
	const digits = "0123456789ABCDEF"
	for i := range len(member) {
		if c := member[i]; c <= ' ' || c >= 0x7f || c == '%' || c == ':' || c == '|' || c == '@' || c == '#' {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
