package prom

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

// ZeroThreshold is up to which magnitude values are in the zero bucket of a native
// histogram: what client libraries take.
const ZeroThreshold = 0x1p-128

// NativeFields are the numbers of a native histogram's fields, which exposition and
// remote write have in different orders.
type NativeFields struct {
	Count, CountFloat, Sum, Schema, ZeroThreshold, Zero, ZeroFloat protowire.Number
	NegativeSpans, NegativeDeltas, NegativeCounts                  protowire.Number
	PositiveSpans, PositiveDeltas, PositiveCounts                  protowire.Number
}

// Native encodes native histograms. It keeps its memory from one to the next.
type Native struct {
	Fields     NativeFields
	MaxBuckets int // that one side spans, 132 at least

	histogram exponential.Histogram
	samples   []transport.Sample
	scratch   []byte
}

// Append appends the fields of a native histogram, and returns how many observations
// are in its buckets: its count has to be that. They are whole numbers in the message
// if all are, else floats.
//
// Totals of one series only grow, in each bucket, if the weights do: Prometheus would
// take a count that falls for a restart. So the counts are neither rounded nor
// stretched to what the summary says: an observation that left no sample is in none.
func (n *Native) Append(dst []byte, s *transport.Summary) ([]byte, float64) {
	h := &n.histogram
	h.Build(n.withoutTiny(s.Samples), n.MaxBuckets)
	count, whole, f := h.Total(), h.Whole(), &n.Fields
	if whole {
		dst = proto.AppendVarint(dst, f.Count, uint64(count))
	} else {
		dst = proto.AppendDouble(dst, f.CountFloat, count)
	}
	dst = proto.AppendDouble(dst, f.Sum, s.Sum)
	dst = proto.AppendVarint(dst, f.Schema, protowire.EncodeZigZag(int64(h.Scale)))
	dst = proto.AppendDouble(dst, f.ZeroThreshold, ZeroThreshold)
	if whole {
		dst = proto.AppendVarint(dst, f.Zero, uint64(h.Zero))
	} else {
		dst = proto.AppendDouble(dst, f.ZeroFloat, h.Zero)
	}
	dst = n.appendSide(dst, h.Negative, whole, f.NegativeSpans, f.NegativeDeltas, f.NegativeCounts)
	return n.appendSide(dst, h.Positive, whole, f.PositiveSpans, f.PositiveDeltas, f.PositiveCounts), count
}

// withoutTiny returns samples with 0 for those that belong into the zero bucket.
func (n *Native) withoutTiny(samples []transport.Sample) []transport.Sample {
	tiny := func(v float64) bool { return v != 0 && -ZeroThreshold <= v && v <= ZeroThreshold }
	for i := range samples {
		if tiny(samples[i].Value) {
			n.samples = append(n.samples[:0], samples...)
			for i := range n.samples {
				if tiny(n.samples[i].Value) {
					n.samples[i].Value = 0
				}
			}
			return n.samples
		}
	}
	return samples
}

// appendSide appends the buckets of one sign: where they are, as runs without a gap,
// and how many are in each.
func (n *Native) appendSide(dst []byte, buckets []exponential.Bucket, whole bool, spans, deltas, counts protowire.Number) []byte {
	if len(buckets) == 0 {
		return dst
	}
	end := int32(0) // index behind the last span
	for i := 0; i < len(buckets); {
		length := 1
		for i+length < len(buckets) && buckets[i+length].Index == buckets[i].Index+int32(length) {
			length++
		}
		first := buckets[i].Index + 1 // its number in Prometheus
		offset := protowire.EncodeZigZag(int64(first - end))
		dst = proto.AppendTag(dst, spans, protowire.BytesType)
		dst = proto.AppendLen(dst, 2+protowire.SizeVarint(offset)+protowire.SizeVarint(uint64(length)))
		dst = proto.AppendVarint(dst, 1, offset)
		dst = proto.AppendVarint(dst, 2, uint64(length))
		end = first + int32(length)
		i += length
	}
	if !whole {
		dst = proto.AppendLen(proto.AppendTag(dst, counts, protowire.BytesType), 8*len(buckets))
		for _, b := range buckets {
			dst = protowire.AppendFixed64(dst, math.Float64bits(b.Count))
		}
		return dst
	}
	n.scratch = n.scratch[:0]
	before := int64(0)
	for _, b := range buckets {
		n.scratch = protowire.AppendVarint(n.scratch, protowire.EncodeZigZag(int64(b.Count)-before))
		before = int64(b.Count)
	}
	return proto.AppendMessage(dst, deltas, n.scratch)
}
