package datadog

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Fields of SketchPayload and what is in it.
const (
	payloadSketches protowire.Number = 1

	sketchMetric      protowire.Number = 1
	sketchHost        protowire.Number = 2
	sketchTags        protowire.Number = 4
	sketchDogsketches protowire.Number = 7
	sketchMetadata    protowire.Number = 8

	dogsketchTime   protowire.Number = 1
	dogsketchCount  protowire.Number = 2
	dogsketchMin    protowire.Number = 3
	dogsketchMax    protowire.Number = 4
	dogsketchAvg    protowire.Number = 5
	dogsketchSum    protowire.Number = 6
	dogsketchKeys   protowire.Number = 7
	dogsketchCounts protowire.Number = 8
)

// appendSketches appends s with these of its points as a field of a SketchPayload.
// It has no device: that becomes a tag.
func (e *encoder) appendSketches(dst []byte, s *transport.Series, points []transport.Point) []byte {
	m := proto.AppendString(e.series[:0], sketchMetric, e.spellings.name(s.Name))
	if s.HostSet {
		if host := filled(s.Host, e.fillHost); host != "" {
			m = proto.AppendString(m, sketchHost, valid(host))
		}
	}
	for _, tag := range s.Tags {
		m = proto.AppendString(m, sketchTags, e.spellings.tag(tag))
	}
	if s.Device != "" {
		m = proto.AppendString(m, sketchTags, wireTag("device:"+s.Device))
	}
	for i := range points {
		sum := points[i].Summary
		built := e.bins.build(sum, func() float64 { return summary.Offset(s, points[i].Unix) })
		d := proto.AppendSetVarint(e.message[:0], dogsketchTime, points[i].Unix)
		d = proto.AppendSetVarint(d, dogsketchCount, built.count)
		d = proto.AppendSetDouble(d, dogsketchMin, built.min)
		d = proto.AppendSetDouble(d, dogsketchMax, built.max)
		d = proto.AppendSetDouble(d, dogsketchAvg, built.avg)
		d = proto.AppendSetDouble(d, dogsketchSum, built.sum)
		d = e.bins.appendTo(d)
		m = proto.AppendMessage(m, sketchDogsketches, d)
		e.message = d
	}
	m = e.appendMetadata(m, sketchMetadata)
	e.series = m
	return proto.AppendMessage(dst, payloadSketches, m)
}

// appendTo appends keys and counts as packed fields.
func (b *sketchBins) appendTo(dst []byte) []byte {
	size := 0
	for _, k := range b.keys {
		size += protowire.SizeVarint(protowire.EncodeZigZag(int64(k)))
	}
	dst = proto.AppendLen(proto.AppendTag(dst, dogsketchKeys, protowire.BytesType), size)
	for _, k := range b.keys {
		dst = protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(k)))
	}
	size = 0
	for _, n := range b.counts {
		size += protowire.SizeVarint(uint64(n))
	}
	dst = proto.AppendLen(proto.AppendTag(dst, dogsketchCounts, protowire.BytesType), size)
	for _, n := range b.counts {
		dst = protowire.AppendVarint(dst, uint64(n))
	}
	return dst
}
