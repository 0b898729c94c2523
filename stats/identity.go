package stats

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// maxNameBytes is the longest name or tag that is kept as it is.
const maxNameBytes = 200

// clean returns s as every transport may get it: valid UTF-8 without control
// characters and line separators (each becomes '_'), at most maxNameBytes long.
// What is longer is cut at a rune and ends in '~' and sixteen hex digits of its
// hash, so that two stay two. The result shares no memory with s.
func clean(s string) string { return shorten(printable(s)) }

// printable is clean without the cut.
func printable(s string) string {
	own := strings.Clone(s) // a variable of its own: assigned to s, it would make s escape
	if strings.ContainsFunc(own, reserved) || !utf8.ValidString(own) {
		own = strings.Map(func(r rune) rune {
			if reserved(r) {
				return '_'
			}
			return r
		}, strings.ToValidUTF8(own, "_"))
	}
	return own
}

// reserved reports whether no name or tag may hold r.
func reserved(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

func shorten(s string) string {
	if len(s) <= maxNameBytes {
		return s
	}
	const suffix = 1 + 16
	cut := maxNameBytes - suffix
	for lowest := cut - utf8.UTFMax; cut > lowest && !utf8.RuneStart(s[cut]); {
		cut--
	}
	sum := binary.BigEndian.AppendUint64(nil, xxhash.Sum64String(s))
	return s[:cut] + "~" + hex.EncodeToString(sum)
}

// cleanTags returns tags as a series carries them: cleaned, sorted, distinct,
// none empty, those of base included.
func cleanTags(tags, base []string) []string {
	all := make([]string, 0, len(tags)+len(base))
	for _, tag := range tags {
		if tag != "" {
			all = append(all, clean(tag))
		}
	}
	all = append(all, base...)
	slices.Sort(all)
	return slices.Clip(slices.Compact(all))
}

// joinName puts name under a namespace.
func joinName(namespace, name string) string {
	if namespace == "" {
		return clean(name)
	}
	return shorten(namespace + "." + clean(name))
}

// identity is what tells one series from another. Its strings are clean.
type identity struct {
	kind kind
	name string
	tags []string // sorted, distinct
	host hostName
}

// hostName is the host of a series. One that is set and empty is a host of its
// own.
type hostName struct {
	name string
	set  bool
}

// appendKey appends bytes that differ between any two identities: the kind and
// whether there is a host, then each string after its length.
func (id *identity) appendKey(b []byte) []byte {
	host := len(b) + 1
	b = append(b, byte(id.kind), 0)
	put := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if id.host.set {
		b[host] = 1
		put(id.host.name)
	}
	put(id.name)
	for _, tag := range id.tags {
		put(tag)
	}
	return b
}

// hash returns flush.Series.Key of the identity.
func (id *identity) hash() uint64 { return xxhash.Sum64(id.appendKey(make([]byte, 0, 256))) }

// inOrder returns tags and then more of them, without those that came before.
// tags are cleaned, more are clean.
func inOrder(tags, more []string) []string {
	all := make([]string, 0, len(tags)+len(more))
	var seen map[string]bool // only of many: to look at all of them each time takes its square
	if cap(all) > 64 {
		seen = make(map[string]bool, cap(all))
	}
	put := func(tag string) {
		if tag == "" || seen[tag] || seen == nil && slices.Contains(all, tag) {
			return
		}
		if seen != nil {
			seen[tag] = true
		}
		all = append(all, tag)
	}
	for _, tag := range tags {
		put(clean(tag))
	}
	for _, tag := range more {
		put(tag)
	}
	return slices.Clip(all)
}
