package otlp

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
)

// AppendWireIdentity implements [transport.WireIdentifier]: the name, the host as
// the resource has it, and the attributes, in which two spellings of tags may be one.
func (t *Transport) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	host, hostSet := s.Host, s.HostSet
	if !hostSet {
		host, hostSet = t.host, t.hostSet
	}
	var room [16]attribute
	return appendIdentity(dst, s.Name, host, hostSet, attributesOf(room[:], s))
}

func appendIdentity(dst []byte, name, host string, hostSet bool, list []attribute) []byte {
	dst = protowire.AppendString(dst, valid(name))
	dst = append(dst, byte(protowire.EncodeBool(hostSet)))
	dst = protowire.AppendString(dst, valid(host))
	for len(list) > 0 {
		n := same(list)
		dst = protowire.AppendString(dst, list[0].key)
		dst = protowire.AppendVarint(dst, uint64(joinedLen(list[:n])))
		dst = appendJoined(dst, list[:n])
		list = list[n:]
	}
	return dst
}

// offsetSeed makes the offsets of each process its own.
var offsetSeed = rand.Uint64()

// offset returns where the rounding of a point's counts starts, from 0 to below 1:
// the same for each attempt to send it, and evenly spread over points. e.attributes
// are those of s.
func (e *encoder) offset(s *transport.Series, unix int64) float64 {
	var d xxhash.Digest
	d.ResetWithSeed(offsetSeed)
	_, _ = d.WriteString(s.Name)
	_, _ = d.WriteString("\x00")
	_, _ = d.WriteString(s.Host)
	_, _ = d.Write(e.attributes)
	var when [8]byte
	binary.LittleEndian.PutUint64(when[:], uint64(unix))
	_, _ = d.Write(when[:])
	return float64(d.Sum64()>>11) / (1 << 53)
}
