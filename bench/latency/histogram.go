package latency

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
)

// Bins are one nanosecond wide below 2^exactBits; beyond, each power of two is
// divided into 2^halfBits bins.
const (
	exactBits = 8
	halfBits  = exactBits - 1
	topBits   = 42 // longer than an hour
	bins      = 1<<exactBits + (topBits-exactBits)<<halfBits
)

// Histogram counts times in nanoseconds. It is for one goroutine at a time; the zero
// Histogram is empty.
type Histogram struct {
	counts    [bins]uint32
	n         uint64
	low, high int64 // exact
}

// Record counts one time. Negative ones, which a clock that steps could show, count
// as 0, and those beyond an hour as an hour.
func (h *Histogram) Record(ns int64) {
	ns = min(max(ns, 0), 1<<topBits-1)
	if h.n == 0 || ns < h.low {
		h.low = ns
	}
	h.high = max(h.high, ns)
	h.n++
	h.counts[bin(ns)]++
}

func bin(ns int64) int {
	if ns < 1<<exactBits {
		return int(ns)
	}
	shift := bits.Len64(uint64(ns)) - exactBits
	return shift<<halfBits + int(ns>>shift)
}

// top returns the longest time of a bin.
func top(i int) int64 {
	if i < 1<<exactBits {
		return int64(i)
	}
	shift := i>>halfBits - 1
	return int64(i-shift<<halfBits+1)<<shift - 1
}

// Count is how many times were recorded.
func (h *Histogram) Count() uint64 { return h.n }

// Min and Max are exact; 0 if nothing was recorded.
func (h *Histogram) Min() int64 { return h.low }

// Max is the longest time.
func (h *Histogram) Max() int64 { return h.high }

// Quantile returns the shortest time that a share q of all does not exceed, to the
// top of its bin; 0 if nothing was recorded.
func (h *Histogram) Quantile(q float64) int64 {
	_, high := h.quantile(q)
	return high
}

// quantile returns the ends of the bin that quantile q is in.
func (h *Histogram) quantile(q float64) (low, high int64) {
	// Less a millionth of a millionth: 0.9999 × 10,000 is a little above 9,999.
	rank := uint64(math.Ceil(q*float64(h.n) - 1e-12*float64(h.n)))
	rank = min(max(rank, 1), h.n)
	seen := uint64(0)
	for i, c := range h.counts {
		if seen += uint64(c); c > 0 && seen >= rank {
			if i > 0 {
				low = top(i-1) + 1
			}
			return max(low, h.low), min(top(i), h.high)
		}
	}
	return 0, 0
}

// Merge adds what o has counted.
func (h *Histogram) Merge(o *Histogram) {
	if o.n == 0 {
		return
	}
	if h.n == 0 || o.low < h.low {
		h.low = o.low
	}
	h.high = max(h.high, o.high)
	h.n += o.n
	for i, c := range o.counts {
		h.counts[i] += c
	}
}

// histogramJSON has the bins that are not empty.
type histogramJSON struct {
	Low, High int64
	Bins      [][2]uint32 // number, count
}

// MarshalJSON writes the bins that are not empty.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	out := histogramJSON{Low: h.low, High: h.high}
	for i, c := range h.counts {
		if c != 0 {
			out.Bins = append(out.Bins, [2]uint32{uint32(i), c})
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var in histogramJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*h = Histogram{low: in.Low, high: in.High}
	for _, b := range in.Bins {
		if b[0] >= bins {
			return fmt.Errorf("latency: a histogram with a bin %d, of %d", b[0], bins)
		}
		h.counts[b[0]] = b[1]
		h.n += uint64(b[1])
	}
	return nil
}
