package datadog

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/jsonenc"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

// typeNumber returns the number that versions 2 and 3 have for a kind.
func typeNumber(k transport.Kind) int64 {
	switch k {
	case transport.KindCount:
		return 1
	case transport.KindRate:
		return 2
	}
	return 3 // gauge, and the size of a set
}

// appendV2JSON appends s with these of its points as an object of the request's
// "series" list.
func (e *encoder) appendV2JSON(dst []byte, s *transport.Series, points []transport.Point) []byte {
	dst = append(dst, `{"metric":`...)
	dst = jsonenc.AppendString(dst, e.spellings.name(s.Name))
	dst = append(dst, `,"type":`...)
	dst = jsonenc.AppendInt(dst, typeNumber(s.Kind))
	dst = append(dst, `,"points":[`...)
	for i := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"timestamp":`...)
		dst = jsonenc.AppendInt(dst, points[i].Unix)
		dst = append(dst, `,"value":`...)
		dst = jsonenc.AppendFloat(dst, points[i].Value)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if len(s.Tags) > 0 {
		dst = append(dst, `,"tags":`...)
		dst = appendTags(dst, s.Tags, e.spellings)
	}
	if s.HostSet || s.Device != "" {
		dst = append(dst, `,"resources":[`...)
		if s.HostSet {
			dst = appendResourceJSON(dst, "host", filled(s.Host, e.fillHost))
		}
		if s.Device != "" {
			if s.HostSet {
				dst = append(dst, ',')
			}
			dst = appendResourceJSON(dst, "device", s.Device)
		}
		dst = append(dst, ']')
	}
	if seconds := int64(s.Interval / time.Second); seconds != 0 {
		dst = append(dst, `,"interval":`...)
		dst = jsonenc.AppendInt(dst, seconds)
	}
	if s.Unit != "" {
		dst = append(dst, `,"unit":`...)
		dst = jsonenc.AppendString(dst, s.Unit)
	}
	if e.origin != (Origin{}) {
		dst = append(dst, `,"metadata":{"origin":{"product":`...)
		dst = jsonenc.AppendInt(dst, int64(e.origin.Product))
		dst = append(dst, `,"metric_type":`...) // what protobuf calls category
		dst = jsonenc.AppendInt(dst, int64(e.origin.Category))
		dst = append(dst, `,"service":`...)
		dst = jsonenc.AppendInt(dst, int64(e.origin.Service))
		dst = append(dst, `}}`...)
	}
	return append(dst, '}')
}

func appendResourceJSON(dst []byte, kind, name string) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","name":`...)
	dst = jsonenc.AppendString(dst, name)
	return append(dst, '}')
}

// Fields of MetricPayload and what is in it.
const (
	payloadSeries protowire.Number = 1

	seriesResources protowire.Number = 1
	seriesMetric    protowire.Number = 2
	seriesTags      protowire.Number = 3
	seriesPoints    protowire.Number = 4
	seriesType      protowire.Number = 5
	seriesUnit      protowire.Number = 6
	seriesInterval  protowire.Number = 8
	seriesMetadata  protowire.Number = 9

	resourceType protowire.Number = 1
	resourceName protowire.Number = 2

	pointValue     protowire.Number = 1
	pointTimestamp protowire.Number = 2

	metadataOrigin protowire.Number = 1
	originProduct  protowire.Number = 4
	originCategory protowire.Number = 5
	originService  protowire.Number = 6
)

// appendV2Proto appends s with these of its points as a field of a MetricPayload.
func (e *encoder) appendV2Proto(dst []byte, s *transport.Series, points []transport.Point) []byte {
	m := e.series[:0]
	if s.HostSet {
		m = e.appendResource(m, "host", valid(filled(s.Host, e.fillHost)))
	}
	if s.Device != "" {
		m = e.appendResource(m, "device", valid(s.Device))
	}
	m = proto.AppendString(m, seriesMetric, e.spellings.name(s.Name))
	for _, tag := range s.Tags {
		m = proto.AppendString(m, seriesTags, e.spellings.tag(tag))
	}
	for i := range points {
		e.message = proto.AppendSetDouble(e.message[:0], pointValue, points[i].Value)
		e.message = proto.AppendSetVarint(e.message, pointTimestamp, points[i].Unix)
		m = proto.AppendMessage(m, seriesPoints, e.message)
	}
	m = proto.AppendSetVarint(m, seriesType, typeNumber(s.Kind))
	if s.Unit != "" {
		m = proto.AppendString(m, seriesUnit, valid(s.Unit))
	}
	m = proto.AppendSetVarint(m, seriesInterval, int64(s.Interval/time.Second))
	m = e.appendMetadata(m, seriesMetadata)
	e.series = m
	return proto.AppendMessage(dst, payloadSeries, m)
}

func (e *encoder) appendResource(dst []byte, kind, name string) []byte {
	e.message = proto.AppendString(e.message[:0], resourceType, kind)
	if name != "" {
		e.message = proto.AppendString(e.message, resourceName, name)
	}
	return proto.AppendMessage(dst, seriesResources, e.message)
}

// appendMetadata appends the origin, if there is one, as the metadata of a series or
// a sketch.
func (e *encoder) appendMetadata(dst []byte, field protowire.Number) []byte {
	if e.origin == (Origin{}) {
		return dst
	}
	e.message = proto.AppendSetVarint(e.message[:0], originProduct, int64(e.origin.Product))
	e.message = proto.AppendSetVarint(e.message, originCategory, int64(e.origin.Category))
	e.message = proto.AppendSetVarint(e.message, originService, int64(e.origin.Service))
	origin := len(e.message)
	e.message = proto.AppendMessage(e.message, metadataOrigin, e.message) // behind itself
	return proto.AppendMessage(dst, field, e.message[origin:])
}
