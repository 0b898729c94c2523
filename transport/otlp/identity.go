package otlp

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
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
	dst = protowire.AppendString(dst, proto.Valid(name))
	dst = append(dst, byte(protowire.EncodeBool(hostSet)))
	dst = protowire.AppendString(dst, proto.Valid(host))
	for len(list) > 0 {
		n := same(list)
		dst = protowire.AppendString(dst, list[0].key)
		dst = protowire.AppendVarint(dst, uint64(joinedLen(list[:n])))
		dst = appendJoined(dst, list[:n])
		list = list[n:]
	}
	return dst
}
