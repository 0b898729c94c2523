// Package proto appends the fields of protobuf messages, which transports that speak
// protobuf write by hand: what they send has few fields, and each message that it is
// made of would cost an allocation.
//
//	point = proto.AppendDouble(point[:0], sampleValue, 1.5)
//	point = proto.AppendVarint(point, sampleTime, uint64(ms))
//	body = proto.AppendMessage(body, seriesSamples, point)
//
// It does what protowire does, but for fields from 1 to 15 only, whose tag is one byte,
// and faster for lengths below 128: asking for the tag's length made OTLP's counters 16 %
// slower. Fields beyond are left to protowire. Text has to be valid UTF-8, which [Valid]
// makes it. Its functions keep nothing and may be called by any goroutine.
package proto
