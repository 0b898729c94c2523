package datadog_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func readSketches(body []byte) ([]wireSeries, error) {
	payload, err := message(body, wants{1: lengthy})
	if err != nil {
		return nil, err
	}
	var out []wireSeries
	for _, one := range payload {
		fields, err := message(one.bytes, wants{1: lengthy, 2: lengthy, 4: lengthy, 7: lengthy, 8: lengthy})
		if err != nil {
			return nil, err
		}
		s := wireSeries{Type: "distribution"}
		for _, f := range fields {
			if err := s.readSketchField(f); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func (s *wireSeries) readSketchField(f field) (err error) {
	text := ""
	if f.number <= 4 {
		if text, err = f.text(); err != nil {
			return err
		}
	}
	switch f.number {
	case 1:
		if s.Metric != "" {
			return errors.New("a second name")
		}
		s.Metric = text
	case 2:
		return s.setResource("host", text)
	case 4:
		s.Tags = append(s.Tags, text)
	case 7:
		p, err := readDogsketch(f.bytes)
		s.Points = append(s.Points, p)
		return err
	case 8:
		return s.readOrigin(f.bytes)
	}
	return nil
}

func readDogsketch(b []byte) (p wirePoint, err error) {
	fields, err := message(b, wants{1: varint, 2: varint, 3: fixed64, 4: fixed64, 5: fixed64, 6: fixed64, 7: lengthy, 8: lengthy})
	if err != nil {
		return p, err
	}
	p.sketch = &wireSketch{}
	var keys, counts []uint64
	for _, f := range fields {
		switch f.number {
		case 1:
			p.unix = int64(f.value)
		case 2:
			p.sketch.count = int64(f.value)
		case 3:
			p.sketch.min = f.double()
		case 4:
			p.sketch.max = f.double()
		case 5:
			p.sketch.avg = f.double()
		case 6:
			p.sketch.sum = f.double()
		case 7:
			keys, err = varints(f.bytes)
		case 8:
			counts, err = varints(f.bytes)
		}
		if err != nil {
			return p, err
		}
	}
	if len(keys) != len(counts) {
		return p, fmt.Errorf("%d keys and %d counts", len(keys), len(counts))
	}
	total := int64(0)
	for i := range keys {
		k, n := protowire.DecodeZigZag(keys[i]), counts[i]
		if k < math.MinInt16 || k > math.MaxInt16 || n == 0 || n > math.MaxUint16 {
			return p, fmt.Errorf("a bin with the key %d and the count %d", k, n)
		}
		p.sketch.keys, p.sketch.counts = append(p.sketch.keys, int32(k)), append(p.sketch.counts, uint32(n))
		total += int64(n)
	}
	if total != p.sketch.count {
		return p, fmt.Errorf("the bins have %d observations, the sketch %d", total, p.sketch.count)
	}
	return p, nil
}

// fixed reads a packed field of numbers of size bytes.
func fixed(b []byte, size int) ([]float64, error) {
	if len(b)%size != 0 {
		return nil, fmt.Errorf("%d bytes of numbers of %d", len(b), size)
	}
	var out []float64
	for ; len(b) > 0; b = b[size:] {
		if size == 4 {
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		} else {
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	}
	return out, nil
}
