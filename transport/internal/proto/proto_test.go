package proto_test

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/proto"
)

// What is appended is what protowire appends.
func TestFieldsAreThoseOfProtowire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		field := protowire.Number(rapid.Int32Range(1, 15).Draw(t, "field"))
		number := rapid.Uint64().Draw(t, "number")
		float := rapid.Float64().Draw(t, "float")
		text := rapid.StringN(0, 300, -1).Draw(t, "text")
		tag := func(kind protowire.Type) []byte {
			return protowire.AppendTag(append([]byte(nil), before...), field, kind)
		}
		own := func() []byte { return append([]byte(nil), before...) }

		assert.Equal(t, protowire.AppendString(tag(protowire.BytesType), text), proto.AppendString(own(), field, text))
		assert.Equal(t, protowire.AppendBytes(tag(protowire.BytesType), []byte(text)), proto.AppendMessage(own(), field, []byte(text)))
		assert.Equal(t, protowire.AppendVarint(tag(protowire.VarintType), number), proto.AppendVarint(own(), field, number))
		assert.Equal(t, protowire.AppendFixed64(tag(protowire.Fixed64Type), number), proto.AppendFixed64(own(), field, number))
		assert.Equal(t, protowire.AppendFixed64(tag(protowire.Fixed64Type), math.Float64bits(float)), proto.AppendDouble(own(), field, float))
		assert.Equal(t, tag(protowire.BytesType), proto.AppendTag(own(), field, protowire.BytesType))
		length := int(number >> 34)
		assert.Equal(t, protowire.AppendVarint(own(), uint64(length)), proto.AppendLen(own(), length))
		assert.Len(t, proto.AppendString(nil, field, text), proto.FieldSize(len(text)))
	})
}

func TestZerosAreLeftOut(t *testing.T) {
	assert.Empty(t, proto.AppendSetVarint(nil, 1, 0))
	assert.Empty(t, proto.AppendSetDouble(nil, 1, 0))
	negative := math.Copysign(0, -1)
	assert.Equal(t, proto.AppendDouble(nil, 1, negative), proto.AppendSetDouble(nil, 1, negative))
	assert.Equal(t, proto.AppendDouble(nil, 1, 1.5), proto.AppendSetDouble(nil, 1, 1.5))
	assert.Equal(t, proto.AppendVarint(nil, 1, math.MaxUint64), proto.AppendSetVarint(nil, 1, -1))
	assert.Len(t, proto.AppendSetVarint(nil, 1, -1), 11)
}

func TestValidText(t *testing.T) {
	assert.Equal(t, "aäb", proto.Valid("aäb"))
	assert.Equal(t, "a\uFFFDb\uFFFD", proto.Valid("a\xff\xfeb\xc3"))
	rapid.Check(t, func(t *rapid.T) {
		require.True(t, utf8.ValidString(proto.Valid(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))))
	})
}
