package datadog

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// schemaVersion is the version of Datadog's protobuf definitions (agent-payload)
// that what is encoded here keeps to. Their own senders say theirs in a header, too.
const schemaVersion = "5.0.215"

// The functions below append one field of a message, and nothing for its zero value
// where they say so, as protobuf does.

func appendMessage(dst []byte, field protowire.Number, message []byte) []byte {
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	return protowire.AppendBytes(dst, message)
}

// appendText appends s, which must be valid UTF-8 as wireName and wireTag make it.
func appendText(dst []byte, field protowire.Number, s string) []byte {
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	return protowire.AppendString(dst, s)
}

// appendVarint leaves out 0. A negative v takes ten bytes.
func appendVarint(dst []byte, field protowire.Number, v int64) []byte {
	if v == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.VarintType)
	return protowire.AppendVarint(dst, uint64(v))
}

// appendDouble leaves out 0, but not -0.
func appendDouble(dst []byte, field protowire.Number, v float64) []byte {
	if math.Float64bits(v) == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.Fixed64Type)
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// valid returns s with U+FFFD for each byte that is not part of valid UTF-8, which
// no string of protobuf may hold. It allocates only if there is one.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
