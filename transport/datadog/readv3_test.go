package datadog_test

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// columnReader reads the columns of a MetricData one by one. The first fault stays.
type columnReader struct {
	columns map[protowire.Number][]byte
	numbers map[protowire.Number][]uint64
	last    map[protowire.Number]int64
	floats  map[protowire.Number][]float64
	err     error
}

func (r *columnReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// number takes the next number of a column.
func (r *columnReader) number(c protowire.Number) uint64 {
	if len(r.numbers[c]) == 0 {
		r.fail("column %d ends early", c)
		return 0
	}
	n := r.numbers[c][0]
	r.numbers[c] = r.numbers[c][1:]
	return n
}

// signed takes the next number of a column of sint64.
func (r *columnReader) signed(c protowire.Number) int64 { return protowire.DecodeZigZag(r.number(c)) }

// delta takes the next number of a column that has differences.
func (r *columnReader) delta(c protowire.Number) int64 {
	r.last[c] += r.signed(c)
	return r.last[c]
}

func (r *columnReader) float(c protowire.Number) float64 {
	if len(r.floats[c]) == 0 {
		r.fail("column %d ends early", c)
		return 0
	}
	v := r.floats[c][0]
	r.floats[c] = r.floats[c][1:]
	return v
}

// texts reads a dictionary of strings. Its entry 0 is the empty string.
func (r *columnReader) texts(c protowire.Number) []string {
	out, seen := []string{""}, map[string]bool{"": true}
	for b := r.columns[c]; len(b) > 0; {
		text, n := protowire.ConsumeBytes(b)
		if n < 0 {
			r.fail("dictionary %d: %v", c, protowire.ParseError(n))
			return out
		}
		if !utf8.Valid(text) || seen[string(text)] {
			r.fail("dictionary %d has %q, which is not UTF-8 or there twice", c, text)
		}
		seen[string(text)] = true
		out = append(out, string(text))
		b = b[n:]
	}
	return out
}

// pick returns an entry of a dictionary.
func pick[T any](r *columnReader, what string, list []T, n int64) (zero T) {
	if n < 0 || n >= int64(len(list)) {
		r.fail("%s %d of %d", what, n, len(list)-1)
		return zero
	}
	return list[n]
}

func (r *columnReader) tagsets(tags []string) [][]string {
	out := [][]string{nil}
	for len(r.numbers[3]) > 0 {
		n := r.signed(3)
		if n <= 0 || n > int64(len(r.numbers[3])) {
			r.fail("a set of %d tags", n)
			return out
		}
		var set []string
		last := int64(0)
		for range n {
			step := r.signed(3)
			if step <= 0 {
				r.fail("a set of tags that is not sorted")
			}
			last += step
			set = append(set, pick(r, "tag", tags, last))
		}
		out = append(out, set)
	}
	return out
}

func (r *columnReader) resourceLists(texts []string) [][][2]string {
	out := [][][2]string{nil}
	for len(r.numbers[5]) > 0 {
		n := r.number(5)
		r.last[6], r.last[7] = 0, 0
		if n == 0 || n > uint64(len(r.numbers[6])) {
			r.fail("a list of %d resources", n)
			return out
		}
		var list [][2]string
		for range n {
			list = append(list, [2]string{pick(r, "resource type", texts, r.delta(6)), pick(r, "resource name", texts, r.delta(7))})
		}
		out = append(out, list)
	}
	return out
}

// readV3 reads a Payload of intake_v3.proto. A column that is not used up is an error.
func readV3(body []byte) ([]wireSeries, error) {
	payload, err := message(body, wants{3: lengthy})
	if err != nil || len(payload) != 1 {
		return nil, fmt.Errorf("a payload of %d fields: %v", len(payload), err)
	}
	want := wants{}
	for _, n := range []protowire.Number{1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 25, 26} {
		want[n] = lengthy
	}
	fields, err := message(payload[0].bytes, want)
	if err != nil {
		return nil, err
	}
	r := &columnReader{
		columns: map[protowire.Number][]byte{}, numbers: map[protowire.Number][]uint64{},
		last: map[protowire.Number]int64{}, floats: map[protowire.Number][]float64{},
	}
	for _, f := range fields {
		if r.columns[f.number] != nil {
			return nil, fmt.Errorf("column %d twice", f.number)
		}
		r.columns[f.number] = f.bytes
		switch f.number {
		case 1, 2, 4, 25: // texts
		case 18:
			r.floats[f.number], err = fixed(f.bytes, 4)
		case 19:
			r.floats[f.number], err = fixed(f.bytes, 8)
		default:
			r.numbers[f.number], err = varints(f.bytes)
		}
		if err != nil {
			return nil, err
		}
	}
	out := r.series()
	for c, left := range r.numbers {
		if len(left) > 0 {
			r.fail("column %d has %d numbers too many", c, len(left))
		}
	}
	if len(r.floats[18])+len(r.floats[19]) > 0 {
		r.fail("values that belong to no series")
	}
	return out, r.err
}

func (r *columnReader) series() []wireSeries {
	names, units := r.texts(1), r.texts(25)
	sets, lists := r.tagsets(r.texts(2)), r.resourceLists(r.texts(4))
	origins := [][3]int64{{}}
	for len(r.numbers[9]) > 0 {
		origins = append(origins, [3]int64{int64(r.number(9)), int64(r.number(9)), int64(r.number(9))})
	}
	var out []wireSeries
	for len(r.numbers[10]) > 0 && r.err == nil {
		kind := r.number(10)
		s := wireSeries{
			Metric:   pick(r, "name", names, r.delta(11)),
			Tags:     pick(r, "tag set", sets, r.delta(12)),
			Interval: int64(r.number(14)),
		}
		for _, resource := range pick(r, "resources", lists, r.delta(13)) {
			if err := s.setResource(resource[0], resource[1]); err != nil {
				r.fail("%w", err)
			}
		}
		s.origin = pick(r, "origin", origins, r.delta(24))
		if r.delta(23) != 0 {
			r.fail("a source type")
		}
		if err := s.setType(kind & 0xf); err != nil || s.Metric == "" || kind&^0x23f != 0 {
			r.fail("type %#x of %q: %w", kind, s.Metric, errors.Join(err))
		}
		if kind&0x200 != 0 {
			s.Unit = pick(r, "unit", units, r.delta(26))
		}
		for range r.number(15) {
			p := wirePoint{unix: r.delta(16)}
			switch kind & 0x30 {
			case 0x10:
				p.value = float64(r.signed(17))
			case 0x20:
				p.value = r.float(18)
			case 0x30:
				p.value = r.float(19)
			}
			if r.err != nil {
				return nil
			}
			s.Points = append(s.Points, p)
		}
		out = append(out, s)
	}
	return out
}
