package transport

import (
	"fmt"
	"time"
)

// BatchID names a batch: which process made it, and the number it has there.
// It stays the same over retries, so that a peer or a reader of a log can tell
// a repetition from new data.
type BatchID struct {
	Process uint64 // random at start
	Seq     uint64 // from 1
	Part    uint32 // 0 for the whole; halves and rests count up
}

// String returns the id as process-seq or process-seq.part.
func (id BatchID) String() string {
	if id.Part == 0 {
		return fmt.Sprintf("%016x-%d", id.Process, id.Seq)
	}
	return fmt.Sprintf("%016x-%d.%d", id.Process, id.Seq, id.Part)
}

// Batch is what one Send delivers: the points of closed roll-up buckets, or one
// event, or one service check. The flusher never mixes them; a program that calls
// Send itself may.
type Batch struct {
	ID     BatchID
	Series []Series
	Events []Event        // for transports whose Description has Events
	Checks []ServiceCheck // for transports whose Description has Checks
}

// Len returns how many items b holds: points, events and checks. [SendError]
// numbers them in this order.
func (b *Batch) Len() int { return b.Points() + len(b.Events) + len(b.Checks) }

// Points returns how many points b holds.
func (b *Batch) Points() int {
	n := 0
	for i := range b.Series {
		n += len(b.Series[i].Points)
	}
	return n
}

// Kind is the kind of a series.
type Kind uint8

const (
	KindCount Kind = iota + 1 // the sum of all deltas in the bucket
	KindRate                  // per second
	KindGauge                 // the last value
	KindSet                   // the number of distinct members
	KindHistogram
	KindTiming // a histogram of milliseconds
	KindDistribution
)

var kindNames = [...]string{"", "count", "rate", "gauge", "set", "histogram", "timing", "distribution"}

// String returns the kind in one word.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// Series is one metric with one set of tags, and its points. For a transport
// with the ThreadStats profile the tags are in the order of the first
// submission, the constant ones last.
type Series struct {
	Name     string   // with namespace, not yet sanitised for any wire
	Tags     []string // "key:value" or bare, no duplicates, constant tags included; sorted, but see below
	Host     string   // valid if HostSet; HostSet and "" is a host of its own
	HostSet  bool
	Device   string
	Kind     Kind
	Unit     string        // in one word, as "millisecond"; "" if unknown
	Interval time.Duration // the roll-up
	Points   []Point

	Description string // for people; "" if none was given
}

// Point is the content of one roll-up bucket of one series.
type Point struct {
	Unix    int64    // start of the bucket, seconds
	Value   float64  // count, rate, gauge, size of a set
	Summary *Summary // histogram, timing, distribution, for transports that ask for it
	Members []string // set, for transports that ask for them; sorted
	Rev     uint32   // 0 = first sending of this bucket, n = n-th re-send of the merged whole
}

// Summary is a histogram, timing or distribution in one bucket.
type Summary struct {
	// Count, Sum, Min and Max are exact over all observations.
	Count, Sum, Min, Max float64
	// Samples are sorted by value. Their weights add up to the observations
	// they stand for. For a transport with Description.Sketches those of a
	// distribution may be the bins of a sketch.
	Samples []Sample
}

// Sample is one kept observation and how many it stands for. A submission that
// was sampled at rate r weighs exactly 1/r; a wire that takes whole counts only
// has to round so that the total stays right.
type Sample struct{ Value, Weight float64 }
