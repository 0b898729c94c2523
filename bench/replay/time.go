package replay

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Time is a time in Unix seconds as a log has it, fractions included; Inf stands
// for "everything, open and future buckets too".
type Time float64

// Inf is the time of a flush that takes everything: "inf" in a file.
var Inf = Time(math.Inf(1))

// maxUnix is the latest time taken, and its negative the earliest: the end of the
// year 9999. Beyond it a number is a mistake, such as milliseconds.
const maxUnix = 253_402_300_799

// IsInf reports whether t is [Inf].
func (t Time) IsInf() bool { return math.IsInf(float64(t), 1) }

// Go returns a finite t as a time, to the microsecond: finer parts of a float of
// this size are noise.
func (t Time) Go() time.Time {
	whole := math.Floor(float64(t))
	micros := math.Floor((float64(t) - whole) * 1e6)
	return time.Unix(int64(whole), int64(micros)*int64(time.Microsecond))
}

// String returns t as a file has it.
func (t Time) String() string {
	if t.IsInf() {
		return "inf"
	}
	return strconv.FormatFloat(float64(t), 'f', -1, 64)
}

// MarshalJSON writes a number, or "inf".
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsInf() {
		return []byte(`"inf"`), nil
	}
	return []byte(t.String()), nil
}

// UnmarshalJSON reads a number, or "inf".
func (t *Time) UnmarshalJSON(text []byte) error {
	if string(text) == `"inf"` {
		*t = Inf
		return nil
	}
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf(`time %s: want Unix seconds, or "inf" for a flush`, text)
	}
	if math.Abs(f) > maxUnix {
		return fmt.Errorf("time %s: want Unix seconds, not finer units", text)
	}
	*t = Time(f)
	return nil
}
