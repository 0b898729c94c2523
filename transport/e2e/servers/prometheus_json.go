package servers

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// promValue reads [seconds, "value"].
type promValue PromPoint

func (v *promValue) UnmarshalJSON(b []byte) error {
	var seconds float64
	var value string
	if err := unmarshalTuple(b, &seconds, &value); err != nil {
		return err
	}
	v.UnixMilli = int64(math.Round(seconds * 1000))
	var err error
	v.Value, err = strconv.ParseFloat(value, 64)
	return err
}

// promNative reads [seconds, {"count": "1", "sum": "2", "buckets": [[rule, "lower", "upper", "count"]]}].
type promNative PromPoint

func (n *promNative) UnmarshalJSON(b []byte) error {
	var seconds float64
	var h struct {
		Count   string            `json:"count"`
		Sum     string            `json:"sum"`
		Buckets []json.RawMessage `json:"buckets"`
	}
	if err := unmarshalTuple(b, &seconds, &h); err != nil {
		return err
	}
	n.UnixMilli = int64(math.Round(seconds * 1000))
	n.Histogram = &PromHistogram{}
	if err := parseFloats([]string{h.Count, h.Sum}, &n.Histogram.Count, &n.Histogram.Sum); err != nil {
		return err
	}
	for _, raw := range h.Buckets {
		var rule int // which bounds belong to the bucket
		var lower, upper, count string
		if err := unmarshalTuple(raw, &rule, &lower, &upper, &count); err != nil {
			return err
		}
		var bucket PromBucket
		if err := parseFloats([]string{lower, upper, count}, &bucket.Lower, &bucket.Upper, &bucket.Count); err != nil {
			return err
		}
		n.Histogram.Buckets = append(n.Histogram.Buckets, bucket)
	}
	return nil
}

// unmarshalTuple reads an array whose entries have types of their own.
func unmarshalTuple(b []byte, into ...any) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != len(into) {
		return fmt.Errorf("%d entries, want %d", len(parts), len(into))
	}
	for i := range parts {
		if err := json.Unmarshal(parts[i], into[i]); err != nil {
			return err
		}
	}
	return nil
}

func parseFloats(texts []string, into ...*float64) error {
	for i, text := range texts {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		*into[i] = v
	}
	return nil
}
