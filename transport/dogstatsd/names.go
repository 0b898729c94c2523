package dogstatsd

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
)

const (
	maxNameBytes   = 200
	maxTagRunes    = 200
	maxHostRunes   = 255
	maxMemberRunes = 200
	namePrefix     = "m_"
)

var (
	tagText    = line.Reserve(",|") // tags, host and device
	memberText = line.Reserve("|")
)

// WireName implements [transport.WireNamer]. The package's doc has the rules.
func (t *Transport) WireName(name string) string {
	if nameIsFine(name) {
		return name
	}
	return string(appendName(nil, name))
}

// WireTag implements [transport.WireNamer]. The package's doc has the rules.
func (t *Transport) WireTag(tag string) string { return tagText.Clean(tag, maxTagRunes) }

// AppendWireIdentity implements [transport.WireIdentifier]: host and device are tags
// on this wire, so a series with the tag host:a is one with the host a, and of two
// hosts the last holds.
func (t *Transport) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	const end = 0 // which nothing on a line holds
	dst = append(appendName(dst, s.Name), end)
	tags := make([]string, 0, len(s.Tags)+1)
	host := ""
	for _, tag := range s.Tags {
		if tag = t.WireTag(tag); strings.HasPrefix(tag, hostKey) {
			host = tag
		} else {
			tags = append(tags, tag)
		}
	}
	if s.Device != "" {
		tags = append(tags, string(appendDevice(nil, s.Device)))
	}
	if s.HostSet {
		host = string(appendHost(nil, s.Host))
	}
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		dst = append(append(dst, tag...), end)
	}
	return append(dst, host...)
}

const (
	hostKey   = "host:"
	deviceKey = "device:"
)

// appendHost appends the tag of a host. An empty one tells an Agent to put none, not
// even its own.
func appendHost(dst []byte, host string) []byte {
	dst = append(dst, hostKey...)
	if host == "" {
		return dst
	}
	return tagText.Append(dst, host, maxHostRunes)
}

func appendDevice(dst []byte, device string) []byte {
	return tagText.Append(append(dst, deviceKey...), device, maxHostRunes)
}

// nameByte has the bytes that a name keeps.
var nameByte = func() (ok [256]bool) {
	for c := range 256 {
		b := byte(c)
		ok[c] = isLetter(b) || b >= '0' && b <= '9' || b == '_' || b == '.'
	}
	return ok
}()

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func nameIsFine(name string) bool {
	if name == "" || len(name) > maxNameBytes || !isLetter(name[0]) {
		return false
	}
	for i := range len(name) {
		if !nameByte[name[i]] {
			return false
		}
	}
	return true
}

// appendName appends name as the wire has it. Since it begins with a letter, no
// line of a metric reads as an event or a service check.
func appendName(dst []byte, name string) []byte {
	if nameIsFine(name) {
		return append(dst, name...)
	}
	end := len(dst) + maxNameBytes
	if name == "" || !isLetter(name[0]) {
		dst = append(dst, namePrefix...)
	}
	for _, r := range name { // a byte outside UTF-8 is a character of its own
		if len(dst) == end {
			break
		}
		if r < 0x80 && nameByte[r] {
			dst = append(dst, byte(r))
		} else {
			dst = append(dst, '_')
		}
	}
	return dst
}

// appendMember appends a member of a set. One that cannot be carried as it is ends
// with a hash of the whole, so that two members stay two.
func appendMember(dst []byte, member string) []byte {
	if memberText.Is(member, maxMemberRunes) {
		return append(dst, member...)
	}
	dst = append(memberText.Append(dst, member, maxMemberRunes), '~')
	h := xxhash.Sum64String(member)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[h>>shift&0xf])
	}
	return dst
}
