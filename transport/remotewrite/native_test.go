package remotewrite_test

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// wireHistogram is a native histogram.
type wireHistogram struct {
	float                 bool
	count, sum, threshold float64
	zero                  float64
	schema                int
	negative, positive    map[int]float64 // by Prometheus' index
	at, start             int64
}

func readHistogram(raw []byte, start bool) (h wireHistogram, err error) {
	want := types{
		1: varint, 2: fixed64, 3: fixed64, 4: varint, 5: fixed64, 6: varint, 7: fixed64,
		8: bytesOf, 9: bytesOf, 10: bytesOf, 11: bytesOf, 12: bytesOf, 13: bytesOf, 15: varint,
	}
	if start {
		want[17] = varint
	}
	all, err := fields(raw, want, 8, 11)
	if err != nil {
		return h, err
	}
	sides := map[protowire.Number][]int{}
	counts := map[protowire.Number][]float64{}
	next := map[protowire.Number]int{}
	has := map[protowire.Number]bool{}
	for _, f := range all {
		has[f.number] = true
		switch f.number {
		case 1:
			h.count = float64(f.number64)
		case 2:
			h.float, h.count = true, f.float()
		case 3:
			h.sum = f.float()
		case 4:
			h.schema = int(f.zigzag())
		case 5:
			h.threshold = f.float()
		case 6:
			h.zero = float64(f.number64)
		case 7:
			h.zero = f.float()
		case 8, 11:
			span, err := fields(f.raw, types{1: varint, 2: varint})
			if err != nil || len(span) != 2 {
				return h, fmt.Errorf("span %v: %w", span, err)
			}
			offset, length := int(span[0].zigzag()), int(span[1].number64)
			if length == 0 || len(sides[f.number]) > 0 && offset <= 0 {
				return h, fmt.Errorf("span of %d at %d", length, offset)
			}
			at := next[f.number] + offset
			for i := range length {
				sides[f.number] = append(sides[f.number], at+i)
			}
			next[f.number] = at + length
		case 9, 12:
			count := int64(0)
			for list := f.raw; len(list) > 0; {
				v, n := protowire.ConsumeVarint(list)
				if n < 0 {
					return h, protowire.ParseError(n)
				}
				list, count = list[n:], count+protowire.DecodeZigZag(v)
				counts[f.number-1] = append(counts[f.number-1], float64(count))
			}
		case 10, 13:
			for list := f.raw; len(list) > 0; {
				v, n := protowire.ConsumeFixed64(list)
				if n < 0 {
					return h, protowire.ParseError(n)
				}
				list = list[n:]
				counts[f.number-2] = append(counts[f.number-2], math.Float64frombits(v))
			}
		case 15:
			h.at = int64(f.number64)
		case 17:
			h.start = int64(f.number64)
		}
	}
	if has[1] == has[2] || has[6] == has[7] || h.float && (has[1] || has[6] || has[9] || has[12]) || !h.float && (has[10] || has[13]) {
		return h, errors.New("a mix of whole and float counts")
	}
	if h.schema < -4 || h.schema > 8 {
		return h, fmt.Errorf("schema %d", h.schema)
	}
	total := h.zero
	for number, into := range map[protowire.Number]*map[int]float64{8: &h.negative, 11: &h.positive} {
		if len(sides[number]) != len(counts[number]) {
			return h, fmt.Errorf("%d buckets with %d counts", len(sides[number]), len(counts[number]))
		}
		*into = map[int]float64{}
		for i, index := range sides[number] {
			if !(counts[number][i] > 0) {
				return h, fmt.Errorf("a bucket with %v", counts[number][i])
			}
			(*into)[index] = counts[number][i]
			total += counts[number][i]
		}
	}
	if math.Abs(total-h.count) > 1e-9*h.count {
		return h, fmt.Errorf("the buckets add up to %v, the count is %v", total, h.count)
	}
	return h, nil
}
