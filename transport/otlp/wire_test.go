package otlp_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// wirePoint is one data point as a strict reader of OTLP sees it, with all that it
// belongs to.
type wirePoint struct {
	resource                     map[string]string
	scope, version               string
	name, description, unit      string
	shape                        string // gauge, sum, exponential, summary
	temporality                  uint64
	monotonic                    bool
	start, time                  uint64 // nanoseconds
	attributes                   map[string]string
	value                        float64 // of a number
	count                        uint64
	sum, min, max                float64
	scale                        int
	zero                         uint64
	positiveOffset, negativeFrom int
	positive, negative           []uint64
	quantiles                    [][2]float64
}

// field is one field of a message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	raw    []byte
}

// message is a parsed message that knows which fields may come more than once.
type message []field

var errWire = errors.New("no OTLP")

// parse reads a message whose fields have these types. Other fields, and a second one of
// those that are not repeated, are errors.
func parse(body []byte, types map[protowire.Number]protowire.Type, repeated ...protowire.Number) (message, error) {
	var m message
	seen := map[protowire.Number]bool{}
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return nil, fmt.Errorf("%w: %v", errWire, protowire.ParseError(n))
		}
		body = body[n:]
		if n = protowire.ConsumeFieldValue(number, kind, body); n < 0 {
			return nil, fmt.Errorf("%w: %v", errWire, protowire.ParseError(n))
		}
		want, known := types[number]
		if !known || want != kind {
			return nil, fmt.Errorf("%w: field %d of type %d", errWire, number, kind)
		}
		if seen[number] && !slices.Contains(repeated, number) {
			return nil, fmt.Errorf("%w: field %d comes twice", errWire, number)
		}
		seen[number] = true
		raw := body[:n]
		if kind == protowire.BytesType {
			raw, _ = protowire.ConsumeBytes(raw)
		}
		m = append(m, field{number, kind, raw})
		body = body[n:]
	}
	return m, nil
}

func (m message) all(number protowire.Number) (out [][]byte) {
	for _, f := range m {
		if f.number == number {
			out = append(out, f.raw)
		}
	}
	return out
}

func (m message) bytes(number protowire.Number) []byte {
	for _, raw := range m.all(number) {
		return raw
	}
	return nil
}

func (m message) text(number protowire.Number) string { return string(m.bytes(number)) }

func (m message) fixed(number protowire.Number) uint64 {
	for _, raw := range m.all(number) {
		v, _ := protowire.ConsumeFixed64(raw)
		return v
	}
	return 0
}

func (m message) double(number protowire.Number) float64 {
	return math.Float64frombits(m.fixed(number))
}

func (m message) varint(number protowire.Number) uint64 {
	for _, raw := range m.all(number) {
		v, _ := protowire.ConsumeVarint(raw)
		return v
	}
	return 0
}

func (m message) zigzag(number protowire.Number) int {
	return int(protowire.DecodeZigZag(m.varint(number)))
}

// types of fields, in short.
type fields = map[protowire.Number]protowire.Type

const (
	msg   = protowire.BytesType
	vint  = protowire.VarintType
	fix64 = protowire.Fixed64Type
)

// readRequest reads an ExportMetricsServiceRequest.
func readRequest(body []byte) ([]wirePoint, error) {
	request, err := parse(body, fields{1: msg}, 1)
	if err != nil {
		return nil, err
	}
	var out []wirePoint
	for _, raw := range request.all(1) {
		rm, err := parse(raw, fields{1: msg, 2: msg})
		if err != nil {
			return nil, err
		}
		resource, err := parse(rm.bytes(1), fields{1: msg}, 1)
		if err != nil {
			return nil, err
		}
		base := wirePoint{}
		if base.resource, err = readAttributes(resource.all(1)); err != nil {
			return nil, err
		}
		sm, err := parse(rm.bytes(2), fields{1: msg, 2: msg}, 2)
		if err != nil {
			return nil, err
		}
		scope, err := parse(sm.bytes(1), fields{1: msg, 2: msg})
		if err != nil {
			return nil, err
		}
		base.scope, base.version = scope.text(1), scope.text(2)
		if len(sm.all(2)) == 0 {
			return nil, fmt.Errorf("%w: a scope without metrics", errWire)
		}
		for _, raw := range sm.all(2) {
			points, err := readMetric(raw, base)
			if err != nil {
				return nil, err
			}
			out = append(out, points...)
		}
	}
	return out, nil
}

var shapes = map[protowire.Number]string{5: "gauge", 7: "sum", 10: "exponential", 11: "summary"}

func readMetric(raw []byte, base wirePoint) ([]wirePoint, error) {
	m, err := parse(raw, fields{1: msg, 2: msg, 3: msg, 5: msg, 7: msg, 10: msg, 11: msg})
	if err != nil {
		return nil, err
	}
	base.name, base.description, base.unit = m.text(1), m.text(2), m.text(3)
	for _, text := range []string{base.name, base.description, base.unit} {
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("%w: %q is not UTF-8", errWire, text)
		}
	}
	if base.name == "" {
		return nil, fmt.Errorf("%w: a metric without a name", errWire)
	}
	var content []byte
	for number, name := range shapes {
		if got := m.all(number); len(got) > 0 {
			if base.shape != "" {
				return nil, fmt.Errorf("%w: a metric of two shapes", errWire)
			}
			base.shape, content = name, got[0]
		}
	}
	types := map[string]fields{
		"gauge": {1: msg}, "sum": {1: msg, 2: vint, 3: vint}, "exponential": {1: msg, 2: vint}, "summary": {1: msg},
	}[base.shape]
	data, err := parse(content, types, 1)
	if err != nil {
		return nil, err
	}
	base.temporality, base.monotonic = data.varint(2), data.varint(3) == 1
	if len(data.all(1)) == 0 {
		return nil, fmt.Errorf("%w: a metric without points", errWire)
	}
	var out []wirePoint
	for _, raw := range data.all(1) {
		p, err := readPoint(raw, base)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func readPoint(raw []byte, p wirePoint) (wirePoint, error) {
	types, attributes := fields{2: fix64, 3: fix64, 4: fix64, 7: msg}, protowire.Number(7)
	repeated := []protowire.Number{7}
	switch p.shape {
	case "exponential":
		types = fields{
			1: msg, 2: fix64, 3: fix64, 4: fix64, 5: fix64, 6: vint, 7: fix64, 8: msg, 9: msg, 12: fix64, 13: fix64,
		}
		attributes, repeated = 1, []protowire.Number{1}
	case "summary":
		types = fields{2: fix64, 3: fix64, 4: fix64, 5: fix64, 6: msg, 7: msg}
		repeated = []protowire.Number{6, 7}
	}
	m, err := parse(raw, types, repeated...)
	if err != nil {
		return p, err
	}
	if p.attributes, err = readAttributes(m.all(attributes)); err != nil {
		return p, err
	}
	p.start, p.time = m.fixed(2), m.fixed(3)
	switch p.shape {
	case "gauge", "sum":
		p.value = m.double(4)
	case "summary":
		p.count, p.sum = m.fixed(4), m.double(5)
		for _, raw := range m.all(6) {
			q, err := parse(raw, fields{1: fix64, 2: fix64})
			if err != nil {
				return p, err
			}
			p.quantiles = append(p.quantiles, [2]float64{q.double(1), q.double(2)})
		}
	case "exponential":
		p.count, p.sum, p.min, p.max = m.fixed(4), m.double(5), m.double(12), m.double(13)
		p.scale, p.zero = m.zigzag(6), m.fixed(7)
		if p.positiveOffset, p.positive, err = readBuckets(m.bytes(8)); err != nil {
			return p, err
		}
		if p.negativeFrom, p.negative, err = readBuckets(m.bytes(9)); err != nil {
			return p, err
		}
		total := p.zero
		for _, n := range p.positive {
			total += n
		}
		for _, n := range p.negative {
			total += n
		}
		if total != p.count {
			return p, fmt.Errorf("%w: a count of %d and %d in buckets", errWire, p.count, total)
		}
	}
	return p, nil
}

func readBuckets(raw []byte) (offset int, counts []uint64, err error) {
	m, err := parse(raw, fields{1: vint, 2: msg})
	if err != nil {
		return 0, nil, err
	}
	for packed := m.bytes(2); len(packed) > 0; {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return 0, nil, fmt.Errorf("%w: %v", errWire, protowire.ParseError(n))
		}
		counts = append(counts, v)
		packed = packed[n:]
	}
	return m.zigzag(1), counts, nil
}

func readAttributes(list [][]byte) (map[string]string, error) {
	out := map[string]string{}
	for _, raw := range list {
		kv, err := parse(raw, fields{1: msg, 2: msg})
		if err != nil {
			return nil, err
		}
		value, err := parse(kv.bytes(2), fields{1: msg})
		if err != nil {
			return nil, err
		}
		key, text := kv.text(1), value.text(1)
		switch _, twice := out[key]; {
		case key == "" || twice:
			return nil, fmt.Errorf("%w: attribute %q empty or twice", errWire, key)
		case len(value) != 1:
			return nil, fmt.Errorf("%w: attribute %q has no value", errWire, key)
		case !utf8.ValidString(key) || !utf8.ValidString(text):
			return nil, fmt.Errorf("%w: attribute %q=%q is not UTF-8", errWire, key, text)
		}
		out[key] = text
	}
	return out, nil
}

// attributesOf is what tags are to become, written down once more.
func attributesOf(tags []string, device string) map[string]string {
	values := map[string][]string{}
	for _, tag := range tags {
		key, value := tag, "true"
		if i := strings.IndexByte(tag, ':'); i >= 0 {
			key, value = tag[:i], tag[i+1:]
		}
		if key == "" {
			key = "_"
		}
		key, value = strings.ToValidUTF8(key, "\uFFFD"), strings.ToValidUTF8(value, "\uFFFD")
		values[key] = append(values[key], value)
	}
	if device != "" {
		values["device"] = append(values["device"], strings.ToValidUTF8(device, "\uFFFD"))
	}
	out := map[string]string{}
	for key, list := range values {
		out[key] = strings.Join(slices.Compact(sortedStrings(list)), ",")
	}
	return out
}
