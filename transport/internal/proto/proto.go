package proto

import (
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// AppendTag appends what stands before a field below 16.
func AppendTag(dst []byte, field protowire.Number, kind protowire.Type) []byte {
	return append(dst, byte(field)<<3|byte(kind))
}

// AppendLen appends the length of what follows, or another small number.
func AppendLen(dst []byte, n int) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	return protowire.AppendVarint(dst, uint64(n))
}

// FieldSize is the size of a string or message of n bytes as a field.
func FieldSize(n int) int {
	if n < 0x80 {
		return 2 + n
	}
	return 1 + protowire.SizeBytes(n)
}

// AppendString appends s, which is valid UTF-8.
func AppendString(dst []byte, field protowire.Number, s string) []byte {
	return append(AppendLen(AppendTag(dst, field, protowire.BytesType), len(s)), s...)
}

// AppendMessage appends the bytes of a message, of text, or of packed numbers.
func AppendMessage(dst []byte, field protowire.Number, body []byte) []byte {
	return append(AppendLen(AppendTag(dst, field, protowire.BytesType), len(body)), body...)
}

// AppendVarint appends v, 0 too. A negative int64 as v takes ten bytes.
func AppendVarint(dst []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(AppendTag(dst, field, protowire.VarintType), v)
}

// AppendFixed64 appends v, 0 too.
func AppendFixed64(dst []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(AppendTag(dst, field, protowire.Fixed64Type), v)
}

// AppendDouble appends v, 0 too.
func AppendDouble(dst []byte, field protowire.Number, v float64) []byte {
	return AppendFixed64(dst, field, math.Float64bits(v))
}

// AppendSetVarint is AppendVarint for a field whose 0 is left out.
func AppendSetVarint(dst []byte, field protowire.Number, v int64) []byte {
	if v == 0 {
		return dst
	}
	return AppendVarint(dst, field, uint64(v))
}

// AppendSetDouble is AppendDouble for a field whose 0 is left out, but not its -0.
func AppendSetDouble(dst []byte, field protowire.Number, v float64) []byte {
	if math.Float64bits(v) == 0 {
		return dst
	}
	return AppendDouble(dst, field, v)
}

// Valid returns s with one U+FFFD for each run of bytes that is not UTF-8. It allocates
// only if there is one.
func Valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
