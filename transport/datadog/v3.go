package datadog

import (
	"encoding/binary"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
)

// columns is a body of version 3: a Payload with a MetricData, in which each field
// of a series has a column of its own, and names, tags and resources are numbers of
// dictionary entries. The definition of MetricData (intake_v3.proto in
// https://github.com/DataDog/agent-payload) has the rules; here are those that are
// used:
//
//   - Entries are numbered from 1; 0 is the empty one.
//   - Columns of numbers and of times have the difference to the one before, through the
//     whole column. In a set of tags the differences start anew, and so they do in
//     a list of resources.
//   - A series says in its type which of four columns its values are in, all of
//     them in one: none if they are 0, whole numbers, 32 or 64 bits of a float.
//   - The number of a unit is there for a series that has one only, and the type
//     says so. All other columns have an entry for each series.
type columns struct {
	fillHost string
	dict     dictionary
	series   int
	points   int
	bound    int // of the size

	types, names, tagsets, resources, intervals, numPoints []byte
	sourceTypes, origins, units                            []byte
	times, ints, floats, doubles                           []byte

	lastName, lastTagset, lastResources, lastUnit, lastTime, lastOrigin int64
}

// Fields of Payload and MetricData.
const (
	payloadMetricData protowire.Number = 3

	dictNames         protowire.Number = 1
	dictTags          protowire.Number = 2
	dictTagsets       protowire.Number = 3
	dictResources     protowire.Number = 4
	dictResourceLens  protowire.Number = 5
	dictResourceTypes protowire.Number = 6
	dictResourceNames protowire.Number = 7
	dictOrigins       protowire.Number = 9
	dictUnits         protowire.Number = 25

	columnTypes       protowire.Number = 10
	columnNames       protowire.Number = 11
	columnTagsets     protowire.Number = 12
	columnResources   protowire.Number = 13
	columnIntervals   protowire.Number = 14
	columnNumPoints   protowire.Number = 15
	columnTimes       protowire.Number = 16
	columnInts        protowire.Number = 17
	columnFloats      protowire.Number = 18
	columnDoubles     protowire.Number = 19
	columnSourceTypes protowire.Number = 23
	columnOrigins     protowire.Number = 24
	columnUnits       protowire.Number = 26
)

// What a type is made of besides the number of the kind.
const (
	valuesZero   = 0x00
	valuesInt    = 0x10
	valuesFloat  = 0x20
	valuesDouble = 0x30
	hasUnit      = 0x200
)

func newColumns(fillHost string, origin Origin) *columns {
	return &columns{fillHost: fillHost, dict: newDictionary(origin)}
}

// reset empties c and keeps its memory.
func (c *columns) reset() {
	c.dict.reset()
	c.series, c.points = 0, 0
	c.bound = (columnsOfMetricData + 1) * 2 * binary.MaxVarintLen32
	for _, column := range c.all() {
		*column.bytes = (*column.bytes)[:0]
	}
	c.lastName, c.lastTagset, c.lastResources, c.lastUnit, c.lastTime, c.lastOrigin = 0, 0, 0, 0, 0, 0
	c.dict.addOrigin()
}

type column struct {
	field protowire.Number
	bytes *[]byte
}

const columnsOfMetricData = 22

// all returns the columns in the order of their fields.
func (c *columns) all() [columnsOfMetricData]column {
	d := &c.dict
	return [columnsOfMetricData]column{
		{dictNames, &d.names.text}, {dictTags, &d.tags.text}, {dictTagsets, &d.tagsets},
		{dictResources, &d.resources.text}, {dictResourceLens, &d.resourceLens},
		{dictResourceTypes, &d.resourceTypes}, {dictResourceNames, &d.resourceNames}, {dictOrigins, &d.origins},
		{columnTypes, &c.types}, {columnNames, &c.names}, {columnTagsets, &c.tagsets},
		{columnResources, &c.resources}, {columnIntervals, &c.intervals}, {columnNumPoints, &c.numPoints},
		{columnTimes, &c.times}, {columnInts, &c.ints}, {columnFloats, &c.floats}, {columnDoubles, &c.doubles},
		{columnSourceTypes, &c.sourceTypes}, {columnOrigins, &c.origins}, {dictUnits, &d.units.text}, {columnUnits, &c.units},
	}
}

// size returns how many bytes appendTo appends at most.
func (c *columns) size() int {
	n := (columnsOfMetricData + 1) * 2 * binary.MaxVarintLen32
	for _, column := range c.all() {
		n += len(*column.bytes)
	}
	return n
}

// room returns how many of the next n points of s are certain to fit into raw
// bytes, for add to add them. The first point of all always gets in, to see how
// large it really is.
func (c *columns) room(s *transport.Series, n, raw int) int {
	const (
		perSeries = 100 // numbers of at most ten bytes in nine columns
		perText   = 10  // its length and its number
		perPoint  = 20  // a time and a value
		growth    = 3   // of a text that is not valid UTF-8
	)
	series := perSeries + perText*(5+len(s.Tags)) + growth*(len(s.Name)+len(s.Host)+len(c.fillHost)+len(s.Device)+len(s.Unit))
	for _, tag := range s.Tags {
		series += growth * len(tag)
	}
	if c.bound+series+n*perPoint > raw {
		c.bound = c.size() // mostly far less
		n = max(0, min(n, (raw-c.bound-series)/perPoint))
	}
	if c.points == 0 {
		n = max(1, n)
	}
	c.bound += series + n*perPoint
	return n
}

// add adds s with these of its points.
func (c *columns) add(s *transport.Series, points []transport.Point) {
	kind := uint64(typeNumber(s.Kind))
	values := valuesOf(points)
	if s.Unit != "" {
		kind |= hasUnit
		c.units = appendDelta(c.units, &c.lastUnit, c.dict.units.number(valid(s.Unit)))
	}
	c.types = protowire.AppendVarint(c.types, kind|uint64(values))
	c.names = appendDelta(c.names, &c.lastName, c.dict.names.number(c.dict.spellings.name(s.Name)))
	c.tagsets = appendDelta(c.tagsets, &c.lastTagset, c.dict.tagset(s.Tags))
	c.resources = appendDelta(c.resources, &c.lastResources, c.dict.resourceList(resourceKey{
		hostSet: s.HostSet, host: filled(s.Host, c.fillHost), device: s.Device,
	}))
	c.intervals = protowire.AppendVarint(c.intervals, uint64(max(0, s.Interval/time.Second)))
	c.numPoints = protowire.AppendVarint(c.numPoints, uint64(len(points)))
	c.sourceTypes = append(c.sourceTypes, 0) // none, as the one before
	c.origins = appendDelta(c.origins, &c.lastOrigin, c.dict.origin)
	for i := range points {
		c.times = appendDelta(c.times, &c.lastTime, points[i].Unix)
		switch v := points[i].Value; values {
		case valuesInt:
			c.ints = protowire.AppendVarint(c.ints, protowire.EncodeZigZag(int64(v)))
		case valuesFloat:
			c.floats = binary.LittleEndian.AppendUint32(c.floats, math.Float32bits(float32(v)))
		case valuesDouble:
			c.doubles = binary.LittleEndian.AppendUint64(c.doubles, math.Float64bits(v))
		}
	}
	c.series++
	c.points += len(points)
}

// valuesOf returns the smallest form that all values of points keep theirs in.
func valuesOf(points []transport.Point) int {
	const largestInt = 1 << 53
	zero, whole, single := true, true, true
	for i := range points {
		v := points[i].Value
		zero = zero && v == 0
		whole = whole && v == math.Trunc(v) && math.Abs(v) <= largestInt
		single = single && float64(float32(v)) == v
	}
	switch {
	case zero:
		return valuesZero
	case whole:
		return valuesInt
	case single:
		return valuesFloat
	}
	return valuesDouble
}

// appendDelta appends the difference of v to the last one of its column. For times at
// both ends of int64 it wraps, as it does back when it is read.
func appendDelta(dst []byte, last *int64, v int64) []byte {
	delta := v - *last
	*last = v
	return protowire.AppendVarint(dst, protowire.EncodeZigZag(delta))
}

// appendTo appends the whole Payload.
func (c *columns) appendTo(dst []byte) []byte {
	size := 0
	for _, column := range c.all() {
		if n := len(*column.bytes); n > 0 {
			size += protowire.SizeTag(column.field) + protowire.SizeBytes(n)
		}
	}
	dst = protowire.AppendTag(dst, payloadMetricData, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	for _, column := range c.all() {
		if len(*column.bytes) > 0 {
			dst = protowire.AppendTag(dst, column.field, protowire.BytesType)
			dst = protowire.AppendBytes(dst, *column.bytes)
		}
	}
	return dst
}
