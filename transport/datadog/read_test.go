package datadog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// readPoints reads a body as the endpoint at the end of path would. Whatever is not
// in the definition of its form is an error.
func readPoints(path, contentType, encoding string, body []byte) ([]wireSeries, error) {
	raw, err := unpack(encoding, body)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasSuffix(path, "/api/v2/series") && contentType == "application/json":
		return readV2JSON(raw)
	case contentType == "application/json": // V1, which tests also redirect elsewhere
		return readBody("", raw)
	case contentType != "application/x-protobuf":
		return nil, fmt.Errorf("%s with Content-Type %q", path, contentType)
	case strings.HasSuffix(path, "/api/v2/series"):
		return readV2Proto(raw)
	case strings.HasSuffix(path, "/api/beta/sketches"):
		return readSketches(raw)
	case strings.HasSuffix(path, "/api/intake/metrics/v3/series"):
		return readV3(raw)
	}
	return nil, fmt.Errorf("no such endpoint: %s", path)
}

// typeNames are the types of V2 and V3.
var typeNames = []string{"", "count", "rate", "gauge"}

func (s *wireSeries) setType(n uint64) error {
	if n == 0 || n >= uint64(len(typeNames)) {
		return fmt.Errorf("type %d", n)
	}
	s.Type = typeNames[n]
	return nil
}

func (s *wireSeries) setResource(kind, name string) error {
	switch {
	case kind == "host" && s.Host == nil:
		s.Host = &name
	case kind == "device" && s.Device == nil:
		s.Device = &name
	default:
		return fmt.Errorf("resource %q %q", kind, name)
	}
	return nil
}

func readV2JSON(body []byte) ([]wireSeries, error) {
	var doc struct {
		Series []struct {
			Metric string `json:"metric"`
			Type   uint64 `json:"type"`
			Points []struct {
				Timestamp int64   `json:"timestamp"`
				Value     float64 `json:"value"`
			} `json:"points"`
			Tags      []string `json:"tags"`
			Resources []struct {
				Type string `json:"type"`
				Name string `json:"name"`
			} `json:"resources"`
			Interval int64  `json:"interval"`
			Unit     string `json:"unit"`
			Metadata struct {
				Origin struct {
					Product    int64 `json:"product"`
					MetricType int64 `json:"metric_type"`
					Service    int64 `json:"service"`
				} `json:"origin"`
			} `json:"metadata"`
		} `json:"series"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something behind the document: %v", err)
	}
	var out []wireSeries
	for _, in := range doc.Series {
		o := in.Metadata.Origin
		s := wireSeries{Metric: in.Metric, Tags: in.Tags, Interval: in.Interval, Unit: in.Unit, origin: [3]int64{o.Product, o.MetricType, o.Service}}
		err := s.setType(in.Type)
		for _, r := range in.Resources {
			err = errors.Join(err, s.setResource(r.Type, r.Name))
		}
		if err != nil {
			return nil, err
		}
		for _, p := range in.Points {
			s.Points = append(s.Points, wirePoint{unix: p.Timestamp, value: p.Value})
		}
		out = append(out, s)
	}
	return out, nil
}

// field is one field of a protobuf message: bytes, or a number.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte
	value  uint64
}

// wants is the wire type of each field that a message may have. A field that is
// wanted as bytes may come any number of times, others once.
type wants map[protowire.Number]protowire.Type

func message(b []byte, want wants) ([]field, error) {
	var out []field
	seen := map[protowire.Number]bool{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		if wanted, known := want[number]; !known || wanted != kind {
			return nil, fmt.Errorf("field %d has the wire type %d", number, kind)
		}
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if kind != protowire.BytesType && seen[number] {
			return nil, fmt.Errorf("field %d twice", number)
		}
		seen[number] = true
		b = b[n:]
		out = append(out, f)
	}
	return out, nil
}

func (f field) text() (string, error) {
	if !utf8.Valid(f.bytes) {
		return "", fmt.Errorf("field %d is not valid UTF-8: %q", f.number, f.bytes)
	}
	return string(f.bytes), nil
}

func (f field) double() float64 { return math.Float64frombits(f.value) }

const (
	varint  = protowire.VarintType
	fixed64 = protowire.Fixed64Type
	lengthy = protowire.BytesType
)

func readV2Proto(body []byte) ([]wireSeries, error) {
	payload, err := message(body, wants{1: lengthy})
	if err != nil {
		return nil, err
	}
	var out []wireSeries
	for _, one := range payload {
		fields, err := message(one.bytes, wants{1: lengthy, 2: lengthy, 3: lengthy, 4: lengthy, 5: varint, 6: lengthy, 8: varint, 9: lengthy})
		if err != nil {
			return nil, err
		}
		var s wireSeries
		for _, f := range fields {
			if err := s.readSeriesField(f); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func (s *wireSeries) readSeriesField(f field) (err error) {
	switch f.number {
	case 1:
		var kind, name string
		fields, err := message(f.bytes, wants{1: lengthy, 2: lengthy})
		if err != nil {
			return err
		}
		for _, f := range fields {
			text, err := f.text()
			if err != nil {
				return err
			}
			if f.number == 1 {
				kind += text
			} else {
				name += text
			}
		}
		return s.setResource(kind, name)
	case 2:
		if s.Metric != "" {
			return errors.New("a second name")
		}
		s.Metric, err = f.text()
	case 3:
		var tag string
		tag, err = f.text()
		s.Tags = append(s.Tags, tag)
	case 4:
		fields, err := message(f.bytes, wants{1: fixed64, 2: varint})
		if err != nil {
			return err
		}
		var p wirePoint
		for _, f := range fields {
			if f.number == 1 {
				p.value = f.double()
			} else {
				p.unix = int64(f.value)
			}
		}
		s.Points = append(s.Points, p)
	case 5:
		return s.setType(f.value)
	case 6:
		s.Unit, err = f.text()
	case 8:
		s.Interval = int64(f.value)
	case 9:
		return s.readOrigin(f.bytes)
	}
	return err
}

func (s *wireSeries) readOrigin(b []byte) error {
	metadata, err := message(b, wants{1: lengthy})
	if err != nil || len(metadata) != 1 {
		return fmt.Errorf("metadata of %d fields: %v", len(metadata), err)
	}
	origin, err := message(metadata[0].bytes, wants{4: varint, 5: varint, 6: varint})
	for _, f := range origin {
		s.origin[f.number-4] = int64(f.value)
	}
	return err
}

// varints reads a packed field.
func varints(b []byte) ([]uint64, error) {
	var out []uint64
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		out = append(out, v)
		b = b[n:]
	}
	return out, nil
}
