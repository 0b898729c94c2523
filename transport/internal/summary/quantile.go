package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/shardstats/shardstats/transport"
)

// Quantile is one that summaries are sent with. It is held in parts per million, so
// that 7 % of 100 is 7.
type Quantile struct {
	millionths float64
	Value      float64
	Text       string // the label
}

// Quantiles returns them sorted, each once, and what is wrong with them.
func Quantiles(list []float64) ([]Quantile, error) {
	var out []Quantile
	for _, q := range list {
		if !(q >= 0 && q <= 1) {
			return nil, fmt.Errorf("has %v: want 0 to 1, as 0.95", q)
		}
		millionths := math.Round(q * 1e6)
		value := millionths / 1e6
		out = append(out, Quantile{millionths, value, strconv.FormatFloat(value, 'g', -1, 64)})
	}
	slices.SortFunc(out, func(x, y Quantile) int { return cmp.Compare(x.millionths, y.millionths) })
	return slices.CompactFunc(out, func(x, y Quantile) bool { return x.millionths == y.millionths }), nil
}

// Read appends to dst the values of quantiles, by nearest rank: each is a value that
// was observed, or the bin of a sketch that it is in. It appends nothing if s has no samples.
func Read(dst []float64, quantiles []Quantile, s *transport.Summary) []float64 {
	total := 0.0
	for i := range s.Samples {
		total += s.Samples[i].Weight
	}
	if !(total > 0) {
		return dst
	}
	next, reached := 0, 0.0
	for _, q := range quantiles {
		value := s.Max
		switch q.millionths {
		case 0:
			value = s.Min
		case 1e6:
		default: // the first value up to which there are that many
			rank := q.millionths * total / 1e6
			for next < len(s.Samples) && (reached < rank || next == 0) {
				reached += s.Samples[next].Weight
				next++
			}
			value = min(max(s.Samples[next-1].Value, s.Min), s.Max) // a sample may be a bin of a sketch
		}
		dst = append(dst, value)
	}
	return dst
}
