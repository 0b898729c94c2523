package otlp

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

const (
	hostKey    = "host.name"
	serviceKey = "service.name"
	deviceKey  = "device"
	bareValue  = "true"
	noKey      = "_"
)

// attribute is one key and its value, as OTLP has them: keys are not empty, both are
// valid UTF-8.
type attribute struct{ key, value string }

// attributesOf returns the attributes of a series in the memory of dst, by key and
// then value. A key may come more than once; its values, which differ, are one when they
// are encoded. It does not allocate for tags that are valid UTF-8, if dst has room.
func attributesOf(dst []attribute, s *transport.Series) []attribute {
	dst = sorted(taken(dst[:0], s))
	for i := 1; i < len(dst); i++ {
		if dst[i] == dst[i-1] {
			return slices.Compact(dst)
		}
	}
	return dst
}

// taken appends the attributes of a series as they come.
func taken(dst []attribute, s *transport.Series) []attribute {
	for _, tag := range s.Tags {
		key, value, found := strings.Cut(proto.Valid(tag), ":")
		if !found {
			value = bareValue
		}
		if key == "" {
			key = noKey
		}
		dst = append(dst, attribute{key, value})
	}
	if s.Device != "" {
		dst = append(dst, attribute{deviceKey, proto.Valid(s.Device)})
	}
	return dst
}

// sorted sorts list in place. Tags come sorted, nearly always, and sorted tags nearly
// are by key.
func sorted(list []attribute) []attribute {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && less(list[j], list[j-1]); j-- {
			if i-j == 32 { // not nearly, then
				slices.SortFunc(list, func(x, y attribute) int {
					return cmp.Or(strings.Compare(x.key, y.key), strings.Compare(x.value, y.value))
				})
				return list
			}
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

func less(x, y attribute) bool {
	if x.key != y.key {
		return x.key < y.key
	}
	return x.value < y.value
}

// same returns how many attributes at the beginning of list, which is not empty,
// have the key of the first.
func same(list []attribute) int {
	n := 1
	for n < len(list) && list[n].key == list[0].key {
		n++
	}
	return n
}

// joinedLen is the length of what appendJoined appends.
func joinedLen(list []attribute) int {
	n := len(list) - 1
	for _, a := range list {
		n += len(a.value)
	}
	return n
}

// appendJoined appends the values of list with commas between them.
func appendJoined(dst []byte, list []attribute) []byte {
	for i, a := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, a.value...)
	}
	return dst
}

// appendAttributes appends each attribute as a KeyValue in a field with the given number.
func appendAttributes(dst []byte, field protowire.Number, list []attribute) []byte {
	for len(list) > 0 {
		n := same(list)
		text := joinedLen(list[:n])
		value := proto.FieldSize(text) // AnyValue
		dst = proto.AppendTag(dst, field, protowire.BytesType)
		dst = proto.AppendLen(dst, proto.FieldSize(len(list[0].key))+proto.FieldSize(value))
		dst = proto.AppendString(dst, keyValueKey, list[0].key)
		dst = proto.AppendLen(proto.AppendTag(dst, keyValueValue, protowire.BytesType), value)
		dst = proto.AppendLen(proto.AppendTag(dst, anyValueString, protowire.BytesType), text)
		dst = appendJoined(dst, list[:n])
		list = list[n:]
	}
	return dst
}
