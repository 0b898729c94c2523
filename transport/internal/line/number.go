package line

import (
	"math"
	"strconv"
)

// AppendFloat appends v, which is finite, in the fewest digits that read back as
// v. At most 25 bytes.
//
// From 1e-6 up to 1e17 that is plain digits, which every receiver reads. Outside,
// where plain digits would be up to 326 bytes, it is an exponent without a plus
// sign ("1e21", "5e-324"): statsd (JavaScript's Number), Agents, statsd_exporter,
// Telegraf (Go's ParseFloat) and C's strtod all read it. Zero has no sign, for
// receivers that take a gauge with a sign for a change.
func AppendFloat(dst []byte, v float64) []byte {
	if abs := math.Abs(v); abs < 1e15 {
		if n := int64(v); float64(n) == v {
			return strconv.AppendInt(dst, n, 10)
		} else if abs >= 1e-6 {
			return strconv.AppendFloat(dst, v, 'f', -1, 64)
		}
	} else if abs < 1e17 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, 64)
	for i := len(dst) - 3; i > start; i-- { // two or three digits of exponent
		if dst[i] == '+' {
			return append(dst[:i], dst[i+1:]...)
		}
	}
	return dst
}

// MaxWeight is the most observations that one line stands for.
const MaxWeight = 1 << 50

// AppendRate appends the sampling rate of a line that stands for k observations,
// 1 ≤ k ≤ [MaxWeight]: a text of 1/k whose reciprocal, cut to a whole number as
// Agents and statsd_exporter do, is k again.
func AppendRate(dst []byte, k int64) []byte {
	rate := 1 / float64(k)
	if int64(1/rate) < k { // 1/(1/93) is a little below 93
		rate = math.Nextafter(rate, 0)
	}
	return strconv.AppendFloat(dst, rate, 'f', -1, 64)
}
