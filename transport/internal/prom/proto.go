package prom

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// What follows does what protowire does, faster for what is most common: fields below
// 16, whose tag is one byte, and lengths below 128.

func AppendTag(dst []byte, field protowire.Number, kind protowire.Type) []byte {
	if field < 16 {
		return append(dst, byte(field)<<3|byte(kind))
	}
	return protowire.AppendTag(dst, field, kind)
}

func AppendLen(dst []byte, n int) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	return protowire.AppendVarint(dst, uint64(n))
}

// FieldSize is the size of a string or message of n bytes as a field below 16.
func FieldSize(n int) int {
	if n < 0x80 {
		return 2 + n
	}
	return 1 + protowire.SizeBytes(n)
}

func AppendString(dst []byte, field protowire.Number, s string) []byte {
	return append(AppendLen(AppendTag(dst, field, protowire.BytesType), len(s)), s...)
}

func AppendMessage(dst []byte, field protowire.Number, body []byte) []byte {
	return append(AppendLen(AppendTag(dst, field, protowire.BytesType), len(body)), body...)
}

func AppendDouble(dst []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(AppendTag(dst, field, protowire.Fixed64Type), math.Float64bits(v))
}

func AppendVarint(dst []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(AppendTag(dst, field, protowire.VarintType), v)
}

// AppendLabels appends each label as a message of a name, field 1, and a value, field 2.
func AppendLabels(dst []byte, field protowire.Number, labels []Label) []byte {
	for i := range labels {
		dst = AppendLabel(dst, field, labels[i].Key, labels[i].Value)
	}
	return dst
}

func AppendLabel(dst []byte, field protowire.Number, key, value string) []byte {
	dst = AppendTag(dst, field, protowire.BytesType)
	dst = AppendLen(dst, FieldSize(len(key))+FieldSize(len(value)))
	dst = AppendString(dst, 1, key)
	return AppendString(dst, 2, value)
}

func appendFloat(dst []byte, v float64) []byte {
	return protowire.AppendFixed64(dst, math.Float64bits(v))
}
